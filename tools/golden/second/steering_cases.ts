import { join } from "node:path";
import {
  freeuGraph,
  type FreeuSettings,
} from "../../../lib/adapters/steering/freeu.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { openUnet, plainUnet } from "./plain_unet.ts";
import { finalLatents } from "./run_pipeline.ts";

/** `extras.json`, under the names of diffusers. */
interface ExtrasFile {
  readonly freeu: Required<FreeuSettings>;
  readonly pag: {
    readonly prompt: string;
    readonly negative_prompt: string;
    readonly num_inference_steps: number;
    readonly guidance_scale: number;
    readonly pag_scale: number;
  };
}

/** The cases of FreeU and perturbed-attention guidance. */
export const steeringCases: readonly GoldenCase[] = [
  { name: "freeu", bound: 1e-4, run: freeu },
  { name: "pag", bound: 1e-3, loop: true, run: pag },
];

async function freeu(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "extras");
  const prediction = await plainUnet(
    context,
    await openUnet(context.dir, "sd15-tiny/unet"),
    {
      sample: goldens.sample!,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
      adapters: [freeuGraph((await settings(context)).freeu)],
    },
  );
  return relativeError(prediction, goldens["freeu.out"]!);
}

async function pag(context: GoldenContext): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "extras");
  const { pag } = await settings(context);
  const base = await openBase(join(dir, "sd15-tiny"));
  const latents = await finalLatents(context, {
    base,
    // the spacing of the scheduler that the reference was loaded with
    scheduler: {
      timestep_spacing: "leading",
      ...base.scheduler,
      _class_name: "DDIMScheduler",
    },
    steps: pag.num_inference_steps,
    guidance: pag.guidance_scale,
    texts: [{ text: pag.negative_prompt }, { text: pag.prompt }],
    // the run begins on the first row of the sample of FreeU's case
    noise: sliceBatch(goldens.sample!, 0, 1),
    // the reference's "mid" is the middle block
    pag: { scale: pag.pag_scale },
  });
  return relativeError(latents, goldens["pag.final_latents"]!);
}

function settings({ dir }: GoldenContext): Promise<ExtrasFile> {
  return readJson<ExtrasFile>(join(dir, "extras.json"));
}
