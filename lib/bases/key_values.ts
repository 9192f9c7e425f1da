import type { KeyValue } from "./hooks.ts";
import type { Runner, Values } from "../ops/executor.ts";
import type { Tensor } from "../core/tensor.ts";
import { checkFinite } from "../core/finite.ts";
import { concatBatch, reshape, sliceBatch } from "../core/tensor_rows.ts";

/** Keys and values of some tokens in every cross-attention layer, `[N, tokens, width]` each. */
export type KeyValues = readonly KeyValue<Tensor>[];

/**
 * Keys and values of `tokens` `[N, tokens, width]`, by a key-value program.
 *
 * @param from Name of the program and place of its weights in messages; its inputs beside the tokens.
 * @throws {LocRefError} `not-finite` if they are.
 */
export async function computeKeyValues(
  runner: Runner,
  tokens: Tensor,
  from: { stage: string; files: string; inputs?: Values<Tensor> } = {
    stage: "UNet",
    files: "unet",
  },
): Promise<KeyValues> {
  const outputs = await runner.run({ ...from.inputs, tokens });
  for (const output of Object.values(outputs)) checkFinite(output, from);
  const layers = Object.keys(outputs).length / 2;
  return Array.from({ length: layers }, (_, i) => ({
    k: outputs[`k.${i}`]!,
    v: outputs[`v.${i}`]!,
  }));
}

/** `[N · groups, tokens, width]` as `[N, groups, tokens, width]`, in every layer. */
export function groupKeyValues(layers: KeyValues, groups: number): KeyValues {
  const group = (x: Tensor) => {
    const [rows, ...rest] = x.shape;
    return reshape(x, [rows! / groups, groups, ...rest]);
  };
  return mapTensors(layers, group);
}

/** The given rows of the batch, in the given order, in every layer. */
export function pickRows(
  layers: KeyValues,
  rows: readonly number[],
): KeyValues {
  return mapTensors(
    layers,
    (x) => concatBatch(rows.map((row) => sliceBatch(x, row, row + 1))),
  );
}

function mapTensors(
  layers: KeyValues,
  change: (x: Tensor) => Tensor,
): KeyValues {
  return layers.map(({ k, v }) => ({ k: change(k), v: change(v) }));
}
