import type { Tensor } from "../../lib/core/tensor.ts";
import type { Signature, Values } from "../../lib/ops/executor.ts";

/** The inputs of a program that reads these tensors alone. */
export function floatInputs(values: Values<Tensor>): Values<Signature> {
  return Object.fromEntries(
    Object.entries(values).map((
      [name, { shape }],
    ) => [name, { kind: "float", shape }]),
  );
}
