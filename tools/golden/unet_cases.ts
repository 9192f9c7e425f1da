import { sliceBatch } from "../../lib/core/tensor_rows.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { readGoldens } from "./golden_files.ts";
import { openUnet, plainUnet } from "./second/plain_unet.ts";

/** The cases of the plain UNet. */
export const unetCases: readonly GoldenCase[] = [
  { name: "unet", bound: 1e-4, run: square },
  { name: "unet.nonsquare", bound: 1e-4, run: nonsquare },
];

async function square(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "unet");
  const prediction = await plainUnet(
    context,
    await openUnet(context.dir, "sd-tiny/unet"),
    {
      sample: goldens.sample!,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
    },
  );
  return relativeError(prediction, goldens.out!);
}

async function nonsquare(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "unet");
  const rows = goldens.nonsquare_sample!.shape[0]!;
  const prediction = await plainUnet(
    context,
    await openUnet(context.dir, "sd-tiny/unet"),
    {
      sample: goldens.nonsquare_sample!,
      // The files hold no timestep for this case: it was run in the middle of the schedule.
      timesteps: Array(rows).fill(500),
      text: sliceBatch(goldens.encoder_hidden_states!, 0, rows),
    },
  );
  return relativeError(prediction, goldens.nonsquare_out!);
}
