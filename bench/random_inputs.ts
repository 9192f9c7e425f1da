import type { Program } from "../lib/ops/executor.ts";
import { sizeOf, type Tensor, tensor } from "../lib/core/tensor.ts";

/** Random inputs for a program; dimensions that it leaves open are looked up in `dims`. */
export function randomInputs(
  program: Program,
  dims: Readonly<Record<string, number>>,
): Record<string, Tensor> {
  let state = 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 31 - 1;
  };
  return Object.fromEntries(
    Object.entries(program.inputs).map(([name, { kind, shape }]) => {
      const sizes = shape.map((dim) => {
        const size = typeof dim === "number" ? dim : dims[dim];
        if (size === undefined) {
          throw new RangeError(`Input "${name}" has an unknown size "${dim}"`);
        }
        return size;
      });
      const data = kind === "ids"
        ? new Int32Array(sizeOf(sizes))
        : Float32Array.from({ length: sizeOf(sizes) }, next);
      return [name, tensor(sizes, data)];
    }),
  );
}
