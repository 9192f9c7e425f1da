import { ModuleNames, type ModulePair } from "./module_names.ts";
import { unetPairs } from "./unet_names.ts";

/**
 * Names of a ControlNet's modules in the original code and in diffusers.
 *
 * @param names Original names of its weights, without `control_model.`.
 */
export function controlnetNames(names: readonly string[]): ModuleNames {
  const pairs: ModulePair[] = [
    ...unetPairs(names),
    ["middle_block_out.0.", "controlnet_mid_block."],
  ];
  for (const number of numbers(names, /^zero_convs\.(\d+)\.0\./)) {
    pairs.push([
      `zero_convs.${number}.0.`,
      `controlnet_down_blocks.${number}.`,
    ]);
  }
  // an activation lies between two convolutions
  const hints = numbers(names, /^input_hint_block\.(\d+)\./);
  hints.forEach((number, i) => {
    const inner = i === 0
      ? "conv_in."
      : i === hints.length - 1
      ? "conv_out."
      : `blocks.${i - 1}.`;
    pairs.push([
      `input_hint_block.${number}.`,
      `controlnet_cond_embedding.${inner}`,
    ]);
  });
  return new ModuleNames(pairs);
}

/** The numbers that a pattern finds, in order. */
function numbers(names: readonly string[], pattern: RegExp): number[] {
  const found = names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
  return [...new Set(found.map(Number))].sort((a, b) => a - b);
}
