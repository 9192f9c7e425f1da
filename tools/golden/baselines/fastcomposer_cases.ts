import { join } from "node:path";
import {
  localizationInputs,
  localizationProgram,
  localizedSites,
  type LocalizedSubject,
} from "../../../lib/adapters/fastcomposer/localization.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import { fastComposerGraph } from "../../../lib/adapters/fastcomposer/fastcomposer_graph.ts";
import {
  ownParams,
  toAdapter,
  weightsWith,
} from "../../../lib/bases/adapter_inputs.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { guidedLoop, type LoopSettings } from "./guided_loop.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { Program, Values } from "../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import {
  forward,
  openTinyUnet,
  placesOf,
  plainInputs,
  timestepsOf,
} from "./tiny_unet.ts";
import { floatInputs } from "../float_inputs.ts";

/** FastComposer: pictures in the words that name them. */
export const fastComposerCases: readonly GoldenCase[] = [
  {
    name: "fastcomposer.fused",
    bound: 1e-4,
    async run(context) {
      const { goldens, fused } = await fuse(context);
      return relativeError(fused, goldens.fused!);
    },
  },
  {
    name: "fastcomposer.out",
    bound: 1e-4,
    async run(context) {
      const { goldens, fused } = await fuse(context);
      const unet = await openTinyUnet(context.dir, "sd-tiny");
      const found = await forward(context, unet, {
        sample: goldens.sample!,
        timesteps: timestepsOf(goldens.timestep!),
        text: fused,
      });
      return relativeError(found, goldens.out!);
    },
  },
  { name: "fastcomposer.loop", bound: 1e-3, loop: true, run: loopError },
  { name: "fastcomposer.localization", bound: 1e-3, run: localizationError },
];

/** The set's record of the loss's subjects. */
interface LocalizationFile {
  readonly localization: {
    readonly token_index: readonly (readonly number[])[];
    readonly valid: readonly (readonly number[])[];
  };
}

/** The loss of training, of the fused text: a difference of near means, for float32 as training is. */
async function localizationError(given: GoldenContext): Promise<number> {
  const context = inFloat32(given);
  const { dir, executor } = context;
  const { goldens, fused } = await fuse(context);
  const unet = await openTinyUnet(dir, "sd-tiny");
  const { localization } = await readJson<LocalizationFile>(
    join(dir, "fastcomposer.json"),
  );
  const size = sizeOfImage(goldens.sample!);
  const sites = localizedSites(placesOf(unet, goldens.sample!));
  const program = localizationProgram(
    unetProgram(unet.config, { size, trace: true }),
    sites,
  );
  const found = await runOnce(executor, program, {
    weights: unet.weights,
    inputs: {
      ...await plainInputs(context, unet, {
        sample: goldens.sample!,
        timesteps: timestepsOf(goldens.timestep!),
        text: fused,
      }),
      ...localizationInputs(subjectsOf(goldens.segments!, localization), {
        ...{ sites, textTokens: fused.shape[1]! },
      }),
    },
  });
  const losses = [...found.localization!.data];
  const mean = losses.reduce((sum, one) => sum + one, 0) / losses.length;
  return relativeError(
    tensor([], Float32Array.of(mean)),
    goldens.localization!,
  );
}

/** A context whose programs compute in float32, whatever the executor's precision. */
function inFloat32({ executor, ...rest }: GoldenContext): GoldenContext {
  return {
    ...rest,
    executor: {
      name: executor.name,
      compile: (program, ...rest) =>
        executor.compile({ ...program, needsFloat32: true }, ...rest),
      dispose: () => executor.dispose(),
    },
  };
}

function subjectsOf(
  segments: Tensor,
  { token_index: tokens, valid }: LocalizationFile["localization"],
): LocalizedSubject[][] {
  const [, most, height, width] = segments.shape as [
    number,
    number,
    number,
    number,
  ];
  const cells = height * width;
  return tokens.map((own, row) =>
    own.flatMap((token, i) => {
      if (valid[row]![i] === 0) return [];
      const from = (row * most + i) * cells;
      const data = Float32Array.from(
        segments.data.subarray(from, from + cells),
      );
      return [{ token, segment: { height, width, data } }];
    })
  );
}

/** The first sample, guided; the first steps take the text alone. */
async function loopError(context: GoldenContext): Promise<number> {
  const { goldens, fused } = await fuse(context);
  const unet = await openTinyUnet(context.dir, "sd-tiny");
  const loop = await readJson<LoopSettings & { start_merge_step: number }>(
    join(context.dir, "fastcomposer.json"),
  );
  const row = (x: Tensor) => sliceBatch(x, 0, 1);
  const found = await guidedLoop(
    row(goldens.sample!),
    loop,
    (sample, { step, timestep }) =>
      forward(context, unet, {
        ...{ sample, timesteps: [timestep, timestep] },
        text: concatBatch([
          goldens.negative_hidden_states!,
          row(step <= loop.start_merge_step ? goldens.text! : fused),
        ]),
      }),
  );
  return relativeError(found, goldens.final_latents!);
}

async function fuse(
  { dir, executor }: GoldenContext,
): Promise<{ goldens: Record<string, Tensor>; fused: Tensor }> {
  const goldens = await readGoldens(dir, "fastcomposer");
  const { places } = await readJson<{ places: number[][] }>(
    join(dir, "fastcomposer.json"),
  );
  const text = goldens.text!;
  const graph = fastComposerGraph(
    await openSafetensors(join(dir, "fastcomposer/postfuse-tiny.safetensors")),
  );
  const values = { text, ...placedPictures(goldens, places) };
  const program: Program = {
    name: "fastcomposer_fused",
    inputs: floatInputs(values),
    outputs: { fused: { kind: "float", shape: text.shape } },
    run: (ops, params, inputs) => ({
      fused: graph.text!.fuse(
        ops,
        ownParams(graph, params),
        toAdapter(graph, inputs),
        inputs.text!,
      ),
    }),
  };
  const { fused } = await runOnce(executor, program, {
    weights: weightsWith(memoryWeights(new Map()), [graph]),
    inputs: values,
  });
  return { goldens, fused: fused! };
}

/** Embeddings of pictures at the last tokens of the phrases that name them. */
function placedPictures(
  { text, object_embeds: embeds }: Record<string, Tensor>,
  places: readonly (readonly number[])[],
): Values<Tensor> {
  const [rows, tokens, width] = text!.shape as [number, number, number];
  const pictures = new Float32Array(text!.data.length);
  const named = new Float32Array(rows * tokens);
  const most = embeds!.shape[1]!;
  places.forEach((own, row) =>
    own.forEach((token, i) => {
      const from = (row * most + i) * width;
      pictures.set(
        embeds!.data.subarray(from, from + width),
        (row * tokens + token) * width,
      );
      named[row * tokens + token] = 1;
    })
  );
  return {
    pictures: tensor([rows, tokens, width], pictures),
    named: tensor([rows, tokens, 1], named),
    others: tensor([rows, tokens, 1], named.map((one) => 1 - one)),
  };
}
