import { join } from "node:path";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import {
  addedInput,
  timeSinusoids,
} from "../../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { textInputs } from "../../../lib/bases/text_inputs.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import type { Values, WeightSource } from "../../../lib/ops/executor.ts";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";
import { parseUnetConfig } from "../../../lib/weights/configs/unet_config.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import type { GoldenContext } from "../golden_case.ts";
import { keyValuesOnce, runOnce } from "../golden_files.ts";

/** Inputs of a UNet, as the reference calls it. */
export interface PlainInputs {
  readonly sample: Tensor;
  readonly timesteps: readonly number[];
  /** Tokens of the text, `[N, tokens, width]`. */
  readonly text: Tensor;
  readonly pooled?: Tensor;
  readonly timeIds?: Tensor;
  readonly guidance?: Tensor;
  /** Adapters in the graph, and their inputs. */
  readonly adapters?: readonly AdapterGraph[];
  readonly inputs?: Values<Tensor>;
}

/** A UNet of a folder, or one whose weights were changed. */
export interface OpenUnet {
  readonly config: UnetConfig;
  readonly weights: WeightSource;
}

/** The UNet of a folder of `dir`. */
export async function openUnet(dir: string, folder: string): Promise<OpenUnet> {
  return await openPart(join(dir, folder), parseUnetConfig);
}

/** One forward of a plain UNet. */
export async function plainUnet(
  { executor }: Pick<GoldenContext, "executor">,
  { config, weights }: OpenUnet,
  inputs: PlainInputs,
): Promise<Tensor> {
  const { sample, timesteps, text, pooled, timeIds, guidance } = inputs;
  const fixed = textInputs(
    await keyValuesOnce(executor, textKeyValueProgram(config), {
      ...{ weights, tokens: text },
    }),
  );
  const program = unetProgram(config, {
    size: sizeOfImage(sample),
    adapters: inputs.adapters,
  });
  const { prediction } = await runOnce(executor, program, {
    weights,
    inputs: {
      ...fixed,
      sample,
      time: timeSinusoids(timesteps, config),
      ...(pooled && timeIds
        ? { added: addedInput(pooled, timeIds, config) }
        : {}),
      ...(guidance ? { guidance } : {}),
      ...inputs.inputs,
    },
  });
  return prediction!;
}
