import type { LossOps } from "../loss_ops.ts";
import { record, type RuleContext, scalar, sumLike } from "./rule.ts";
import type { Taped } from "./tape.ts";

type ElementwiseRules<T> = Pick<
  LossOps<Taped<T>>,
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "maximum"
  | "minimum"
  | "atLeast"
  | "scale"
  | "addChannels"
  | "exp"
  | "log"
  | "sqrt"
  | "abs"
>;

/** Operations that act on each element alone. */
export function elementwiseRules<T>(
  context: RuleContext<T>,
): ElementwiseRules<T> {
  const { tape, ops } = context;
  const like = (x: T, value: T) => sumLike(ops, x, value);
  type Binary = (a: Taped<T>, b: Taped<T>) => Taped<T>;
  /** The larger or smaller of two: what it takes goes back to where it came from. */
  const choice =
    (value: (a: T, b: T) => T, first: (a: T, b: T) => T): Binary => (x, y) => {
      const a = tape.read(x), b = tape.read(y);
      return record(context, [x, y], value(a, b), (dy) => {
        const toA = ops.mul(dy, first(a, b));
        return [() => like(toA, a), () => like(ops.sub(dy, toA), b)];
      });
    };
  const unary = (
    forward: (x: T) => T,
    backward: (dy: T, x: T, y: T) => T,
  ) =>
  (x: Taped<T>) => {
    const value = tape.read(x), y = forward(value);
    return record(context, [x], y, (dy) => [() => backward(dy, value, y)]);
  };
  return {
    add: (x, y) => {
      const a = tape.read(x), b = tape.read(y);
      return record(context, [x, y], ops.add(a, b), (dy) => [
        () => like(dy, a),
        () => like(dy, b),
      ]);
    },
    sub: (x, y) => {
      const a = tape.read(x), b = tape.read(y);
      return record(context, [x, y], ops.sub(a, b), (dy) => [
        () => like(dy, a),
        () => ops.scale(like(dy, b), -1),
      ]);
    },
    mul: (x, y) => {
      const a = tape.read(x), b = tape.read(y);
      return record(context, [x, y], ops.mul(a, b), (dy) => [
        () => like(ops.mul(dy, b), a),
        () => like(ops.mul(dy, a), b),
      ]);
    },
    div: (x, y) => {
      const a = tape.read(x), b = tape.read(y), quotient = ops.div(a, b);
      return record(context, [x, y], quotient, (dy) => [
        () => like(ops.div(dy, b), a),
        () => {
          const part = ops.div(ops.mul(dy, quotient), b);
          return ops.scale(like(part, b), -1);
        },
      ]);
    },
    maximum: choice(ops.maximum, (a, b) => ops.atLeast(a, b)),
    minimum: choice(ops.minimum, (a, b) => ops.atLeast(b, a)),
    atLeast: (a, b) => tape.constant(ops.atLeast(tape.read(a), tape.read(b))),
    scale: (x, factor) =>
      unary((x) => ops.scale(x, factor), (dy) => ops.scale(dy, factor))(x),
    addChannels: (image, vector) => {
      const added = tape.read(vector);
      const sum = ops.addChannels(tape.read(image), added);
      return record(context, [image, vector], sum, (dy) => [
        () => dy,
        () => like(ops.sumPixels(dy), added),
      ]);
    },
    exp: unary(ops.exp, (dy, _x, y) => ops.mul(dy, y)),
    log: unary(ops.log, (dy, x) => ops.div(dy, x)),
    sqrt: unary(
      ops.sqrt,
      (dy, _x, y) => ops.div(ops.mul(dy, scalar(ops, 0.5)), y),
    ),
    abs: unary(ops.abs, (dy, x) => ops.mul(dy, ops.sign(x))),
  };
}
