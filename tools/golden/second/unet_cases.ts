import { join } from "node:path";
import { guidanceInput } from "../../../lib/bases/sd/time_embedding.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { encodedText } from "./encoded_text.ts";
import { openUnet, plainUnet } from "./plain_unet.ts";

/** The cases of one forward of a UNet. */
export function unetCases(): GoldenCase[] {
  const case_ = (
    name: string,
    run: (context: GoldenContext) => Promise<number>,
  ) => ({ name, bound: 1e-4, run });
  return [
    case_("sdxl.unet", sdxl),
    case_("sdxl.unet.nonsquare", nonsquare),
    case_(
      "sd21.unet",
      (context) => plain(context, "sd21_unet", "sd21-tiny/unet"),
    ),
    case_(
      "sd15.unet",
      (context) => plain(context, "sd15_unet", "sd15-tiny/unet"),
    ),
    case_(
      "inpaint.unet",
      (context) => plain(context, "inpaint_unet", "inpaint-unet"),
    ),
    case_("lcm.unet", lcm),
  ];
}

async function plain(
  context: GoldenContext,
  file: string,
  folder: string,
): Promise<number> {
  const goldens = await readGoldens(context.dir, file);
  const prediction = await plainUnet(
    context,
    await openUnet(context.dir, folder),
    {
      sample: goldens.sample!,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
    },
  );
  return relativeError(prediction, goldens.out!);
}

async function sdxl(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "sdxl_unet");
  const unet = await openUnet(context.dir, "sdxl-tiny/unet");
  const prediction = await plainUnet(context, unet, {
    sample: goldens.sample!,
    timesteps: [...goldens.timestep!.data],
    text: goldens.encoder_hidden_states!,
    pooled: goldens.text_embeds!,
    timeIds: goldens.time_ids!,
  });
  return relativeError(prediction, goldens.out!);
}

async function nonsquare(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "sdxl_unet");
  const unet = await openUnet(context.dir, "sdxl-tiny/unet");
  const row = (x: Tensor) => sliceBatch(x, 0, 1);
  const prediction = await plainUnet(context, unet, {
    sample: goldens.nonsquare_sample!,
    // the files hold no timestep for this case: it was run in the middle of the schedule
    timesteps: [500],
    text: row(goldens.encoder_hidden_states!),
    pooled: row(goldens.text_embeds!),
    timeIds: row(goldens.time_ids!),
  });
  return relativeError(prediction, goldens.nonsquare_out!);
}

interface LcmFile {
  readonly runs: {
    readonly distilled: {
      readonly prompt: string;
      readonly guidance_scale: number;
      readonly timesteps: readonly number[];
    };
  };
}

/** The run's first latents at its second timestep. */
async function lcm(context: GoldenContext): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "lcm");
  const { runs } = await readJson<LcmFile>(join(dir, "lcm.json"));
  const { prompt, guidance_scale, timesteps } = runs.distilled;
  const unet = await openUnet(dir, "lcm-unet");
  const width = unet.config.time_cond_proj_dim!;
  const guidance = guidanceInput(guidance_scale, { width, rows: 1 });
  const prediction = await plainUnet(context, unet, {
    sample: goldens.latents!,
    timesteps: timesteps.slice(1, 2),
    text: await encodedText(context, "sd15-tiny", [prompt]),
    guidance,
  });
  return Math.max(
    relativeError(guidance, goldens["distilled.timestep_cond"]!),
    relativeError(prediction, goldens["distilled.unet_out"]!),
  );
}
