import type { Values } from "../ops/executor.ts";
import type { KeyValue } from "./hooks.ts";

/** Keys and values of the text among a program's inputs, by layer. */
export function readText<T>(inputs: Values<T>, layers: number): KeyValue<T>[] {
  return Array.from({ length: layers }, (_, i) => ({
    k: inputs[`text_k.${i}`]!,
    v: inputs[`text_v.${i}`]!,
  }));
}

/** Keys and values of the text as inputs of the program. */
export function textInputs<T>(layers: readonly KeyValue<T>[]): Values<T> {
  return Object.fromEntries(layers.flatMap(({ k, v }, i) => [
    [`text_k.${i}`, k],
    [`text_v.${i}`, v],
  ]));
}
