import type { Tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import { guidanceInput, timeSinusoids } from "./time_embedding.ts";
import type { UnetConfig } from "./unet_config.ts";

/** Inputs of the UNet for a batch of timesteps: the time, and the guidance where it reads it. */
export function sdStepInputs(
  config: UnetConfig,
  guidance: number,
): (timesteps: readonly number[]) => Values<Tensor> {
  const { time_cond_proj_dim: width } = config;
  const fixed: Values<Tensor> = width
    ? { guidance: guidanceInput(guidance, { width, rows: 1 }) }
    : {};
  return (timesteps) => ({ time: timeSinusoids(timesteps, config), ...fixed });
}
