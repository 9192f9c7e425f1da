import { join } from "node:path";
import {
  energyInputs,
  energyProgram,
} from "../../../lib/adapters/layout_guidance/layout_energy.ts";
import { guideLatents } from "../../../lib/adapters/layout_guidance/guide_latents.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import { timeSinusoids } from "../../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { textInputs } from "../../../lib/bases/text_inputs.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { BackendName } from "../../../lib/ops/backends.ts";
import { openGradient } from "../../../lib/ops/open_gradient.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { keyValuesOnce, readGoldens } from "../golden_files.ts";
import { openTinyUnet } from "./tiny_unet.ts";

/** The set's record of the three updates. */
interface GuidanceFile {
  readonly boxes: readonly (readonly (readonly number[])[])[];
  readonly tokens: readonly (readonly number[])[];
  readonly sigma: number;
  readonly timestep: number;
}

/** Layout guidance: energies, their derivatives by the latents, and the latents after each update. */
export const layoutGuidanceCases: readonly GoldenCase[] = [
  {
    name: "layout_guidance.loss",
    bound: 1e-4,
    run: async (context) => {
      const { losses } = await readGoldens(context.dir, "layout_guidance");
      const found = await updates(context);
      const all = Float32Array.from(found, ({ loss }) => loss);
      return relativeError(tensor(losses!.shape, all), losses!);
    },
  },
  {
    name: "layout_guidance.gradient",
    bound: 1e-3,
    run: (context) => worst(context, "gradients", "gradient", 0),
  },
  {
    name: "layout_guidance.latents",
    bound: 1e-3,
    run: (context) => worst(context, "latents", "latents", 1),
  },
];

async function worst(
  context: GoldenContext,
  name: string,
  part: "gradient" | "latents",
  from: number,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "layout_guidance");
  const found = await updates(context);
  return Math.max(
    ...found.map((one, i) =>
      relativeError(one[part], row(goldens[name]!, from + i))
    ),
  );
}

/** Row `i` as a batch of one. */
function row({ shape, data }: Tensor, i: number): Tensor {
  const length = data.length / shape[0]!;
  const part = data.slice(i * length, (i + 1) * length) as Float32Array;
  return tensor([1, ...shape.slice(1)], part);
}

async function updates({ dir, executor }: GoldenContext) {
  const goldens = await readGoldens(dir, "layout_guidance");
  const { boxes, tokens, sigma, timestep } = await readJson<GuidanceFile>(
    join(dir, "layout_guidance.json"),
  );
  const { config, weights } = await openTinyUnet(dir, "sd-tiny");
  let latents = row(goldens.latents!, 0);
  const size = sizeOfImage(latents);
  const sites = crossSites(attentionLayers(config).places(size))
    .filter(({ path }) => /^(mid_block|up_blocks\.1)\./.test(path));
  const phrases = boxes.map((own, i) => ({
    tokens: tokens[i]!,
    boxes: own.map(([x0, y0, x1, y1]) => ({
      ...{ x0: x0!, y0: y0!, x1: x1!, y1: y1! },
    })),
  }));
  const text = goldens.encoder_hidden_states!;
  const inputs = {
    time: timeSinusoids([timestep], config),
    ...textInputs(
      await keyValuesOnce(executor, textKeyValueProgram(config), {
        ...{ weights, tokens: text },
      }),
    ),
    ...energyInputs(phrases, { sites, textTokens: text.shape[1]! }),
  };
  const program = energyProgram({
    denoiser: unetProgram(config, { size, trace: true }),
    sites,
  });
  const compile = await openGradient(executor.name as BackendName);
  const energy = await compile(program, {
    weights,
    by: "sample",
    shapes: Object.fromEntries(
      Object.entries({ ...inputs, sample: latents }).map(
        ([name, { shape }]) => [name, shape],
      ),
    ),
  });
  const found = [];
  for (let i = 0; i < goldens.losses!.data.length; i++) {
    found.push(await guideLatents(energy, { latents, sigma }, inputs));
    latents = found.at(-1)!.latents;
  }
  await energy.dispose();
  return found;
}
