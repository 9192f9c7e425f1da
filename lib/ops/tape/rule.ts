import type { GradientOps } from "./gradient_ops.ts";
import type { Derivative, Tape, Taped } from "./tape.ts";

/** A layer as it was called. */
export interface LinearCall<T> {
  readonly x: Taped<T>;
  readonly weight: Taped<T>;
  readonly bias: Taped<T> | undefined;
}

/** The tape that rules write on, and the operations that they write. */
export interface RuleContext<T> {
  readonly tape: Tape<T>;
  readonly ops: GradientOps<T>;
  /** The layers, by their results. */
  readonly linears: WeakMap<Taped<T>, LinearCall<T>>;
}

/** Writes down an operation with one result; `backward` gets the derivative by that. */
export function record<T>(
  { tape }: RuleContext<T>,
  inputs: readonly Taped<T>[],
  value: T,
  backward: (dy: T) => readonly Derivative<T>[],
): Taped<T> {
  return tape.record(inputs, [value], (dy) => backward(dy!))[0]!;
}

/** Calls `make` when it is first needed, and only then. */
export function once<V>(make: () => V): () => V {
  let made: { readonly value: V } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Sums `dy` over the axes along which a value of the shape of `like` was broadcast. */
export function sumLike<T>(ops: GradientOps<T>, dy: T, like: T): T {
  const shape = ops.shapeOf(dy), wanted = ops.shapeOf(like);
  const missing = shape.length - wanted.length;
  const axes = [...shape.keys()].filter((axis) =>
    shape[axis] !== 1 && (axis < missing || wanted[axis - missing] === 1)
  );
  const summed = axes.length === 0 ? dy : ops.sumAxes(dy, axes);
  return missing === 0 ? summed : ops.reshape(summed, wanted);
}

/** A scalar constant. */
export function scalar<T>(ops: GradientOps<T>, value: number): T {
  return ops.constant([], Float32Array.of(value));
}
