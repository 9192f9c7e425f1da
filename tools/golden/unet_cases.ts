import { join } from "node:path";
import type { Tensor } from "../../lib/core/tensor.ts";
import { computeKeyValues } from "../../lib/bases/key_values.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { sliceBatch } from "../../lib/core/tensor_rows.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import { textInputs } from "../../lib/bases/text_inputs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { readGoldens, runOnce } from "./golden_files.ts";

/** The cases of the plain UNet. */
export const unetCases: readonly GoldenCase[] = [
  { name: "unet", bound: 1e-4, run: square },
  { name: "unet.nonsquare", bound: 1e-4, run: nonsquare },
];

async function square(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "unet");
  const prediction = await plainUnet(context, goldens.sample!, {
    timesteps: [...goldens.timestep!.data],
    text: goldens.encoder_hidden_states!,
  });
  return relativeError(prediction, goldens.out!);
}

async function nonsquare(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "unet");
  const rows = goldens.nonsquare_sample!.shape[0]!;
  const prediction = await plainUnet(context, goldens.nonsquare_sample!, {
    // The files hold no timestep for this case: it was run in the middle of the schedule.
    timesteps: Array(rows).fill(500),
    text: sliceBatch(goldens.encoder_hidden_states!, 0, rows),
  });
  return relativeError(prediction, goldens.nonsquare_out!);
}

async function plainUnet(
  { dir, executor }: GoldenContext,
  sample: Tensor,
  options: { timesteps: number[]; text: Tensor },
): Promise<Tensor> {
  const { unet } = await openStableDiffusion(join(dir, "sd-tiny"));
  const keyValues = await executor.compile(
    textKeyValueProgram(unet.config),
    unet.weights,
  );
  const text = await computeKeyValues(keyValues, options.text);
  await keyValues.dispose();
  const program = unetProgram(unet.config, {
    size: sizeOfImage(sample),
  });
  const { prediction } = await runOnce(executor, program, {
    weights: unet.weights,
    inputs: {
      sample,
      time: timeSinusoids(options.timesteps, unet.config),
      ...textInputs(text),
    },
  });
  return prediction!;
}
