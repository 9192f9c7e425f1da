import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Signature } from "../../ops/executor.ts";

/** Prefix of the inputs of residuals. */
const controlPrefix = "control";

/** Name of the residual of a skip, as the denoiser takes it. */
export function residualName(index: number | "mid"): string {
  return `${controlPrefix}.${index}`;
}

/**
 * Adds residuals to the denoiser's skips and its middle block. One graph serves any number of
 * ControlNets: their residuals are summed before.
 */
export const controlGraph: AdapterGraph = {
  prefix: controlPrefix,
  acts: ["residual"],
  inputs: ({ skips }) =>
    Object.fromEntries(
      skips.map(({ index, channels, size }): [string, Signature] => [
        `${index}`,
        { kind: "image", shape: ["batch", channels, size.height, size.width] },
      ]),
    ),
  hooks: (ops, _, inputs) => ({
    residual: ({ index }, x) => ops.add(x, inputs[`${index}`]!),
  }),
};
