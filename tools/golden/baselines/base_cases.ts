import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { type GoldenCase, relativeError } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { forward, openTinyUnet, timestepsOf } from "./tiny_unet.ts";

/** Timestep of samples that are wider than high, which the files do not hold. */
const wideTimestep = 500;

/** The UNets that the others stand on. */
export const baseCases: readonly GoldenCase[] = [
  {
    name: "baselines.sd",
    bound: 1e-4,
    async run(context) {
      const unet = await openTinyUnet(context.dir, "sd-tiny");
      const goldens = await readGoldens(context.dir, "sd-tiny");
      const found = await forward(context, unet, {
        sample: goldens.sample!,
        timesteps: timestepsOf(goldens.timestep!),
        text: goldens.encoder_hidden_states!,
      });
      return relativeError(found, goldens.out!);
    },
  },
  {
    name: "baselines.sd.wide",
    bound: 1e-4,
    async run(context) {
      const unet = await openTinyUnet(context.dir, "sd-tiny");
      const goldens = await readGoldens(context.dir, "sd-tiny");
      const found = await forward(context, unet, {
        sample: goldens.wide_sample!,
        timesteps: [wideTimestep],
        text: sliceBatch(goldens.encoder_hidden_states!, 0, 1),
      });
      return relativeError(found, goldens.wide_out!);
    },
  },
  {
    name: "baselines.sdxl",
    bound: 1e-4,
    async run(context) {
      const unet = await openTinyUnet(context.dir, "sdxl-tiny");
      const goldens = await readGoldens(context.dir, "sdxl-tiny");
      const found = await forward(context, unet, {
        sample: goldens.sample!,
        timesteps: timestepsOf(goldens.timestep!),
        text: goldens.encoder_hidden_states!,
        added: { pooled: goldens.text_embeds!, timeIds: goldens.time_ids! },
      });
      return relativeError(found, goldens.out!);
    },
  },
];
