import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import type { StepRows } from "../denoiser_shape.ts";
import { sizeNumbers } from "../size_conditions.ts";
import { addedInput, timeSinusoids } from "./time_embedding.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * Inputs of a UNet beside sample and text for a batch that it is trained with, each row at its own
 * time: `time`, and `added` where it reads pooled text and sizes.
 *
 * @throws {RangeError} if it reads what rows cannot have: a guidance, or what is absent.
 */
export function unetRows(
  config: UnetConfig,
  { timesteps, pooled, sizes }: StepRows,
): Values<Tensor> {
  const time = timeSinusoids(timesteps, config);
  if (config.time_cond_proj_dim) {
    throw new RangeError(
      "Training a model that was distilled with its guidance is not supported: train on the model that it was distilled from",
    );
  }
  if (!config.projection_class_embeddings_input_dim) return { time };
  if (pooled === undefined || sizes === undefined) {
    throw new RangeError(
      `The UNet reads pooled text and sizes of every row, got ${
        pooled === undefined ? "no pooled text" : "no sizes"
      }`,
    );
  }
  const ids = Float32Array.from(sizes.flatMap(sizeNumbers));
  return {
    time,
    added: addedInput(pooled, tensor([sizes.length, 6], ids), config),
  };
}
