import type { LossOps } from "../loss_ops.ts";
import type { GradientOps } from "./gradient_ops.ts";
import { record, type RuleContext, scalar } from "./rule.ts";
import type { Taped } from "./tape.ts";

type ActivationRules<T> = Pick<
  LossOps<Taped<T>>,
  "silu" | "gelu" | "quickGelu" | "relu" | "sigmoid"
>;

/** The functions between layers. */
export function activationRules<T>(
  context: RuleContext<T>,
): ActivationRules<T> {
  const { tape, ops } = context;
  return {
    silu: (x) => gated(context, x, 1),
    quickGelu: (x) => gated(context, x, 1.702),
    gelu: (x) => {
      const value = tape.read(x);
      return record(context, [x], ops.gelu(value), (dy) => [
        () => ops.mul(dy, geluSlope(ops, value)),
      ]);
    },
    relu: (x) => {
      const value = tape.read(x);
      return record(context, [x], ops.relu(value), (dy) => [() => {
        const closed = ops.atLeast(scalar(ops, 0), value);
        return ops.mul(dy, ops.sub(scalar(ops, 1), closed));
      }]);
    },
    sigmoid: (x) => {
      const y = ops.sigmoid(tape.read(x));
      return record(context, [x], y, (dy) => [
        () => ops.mul(dy, ops.mul(y, ops.sub(scalar(ops, 1), y))),
      ]);
    },
  };
}

/** `y = x · s` with `s = sigmoid(a·x)`: its slope is `s + a·y·(1 − s)`. */
function gated<T>(
  context: RuleContext<T>,
  x: Taped<T>,
  a: number,
): Taped<T> {
  const { tape, ops } = context;
  const value = tape.read(x);
  const share = ops.sigmoid(a === 1 ? value : ops.scale(value, a));
  const y = ops.mul(value, share);
  return record(context, [x], y, (dy) => [() => {
    const rest = ops.mul(y, ops.sub(scalar(ops, 1), share));
    const slope = ops.add(share, a === 1 ? rest : ops.scale(rest, a));
    return ops.mul(dy, slope);
  }]);
}

/**
 * `Φ(x) + x·φ(x)` with the normal distribution and its density, in terms of `u = x / √2`:
 * `(1 + erf(u)) / 2 + u / exp(u²) / √π`. Where `exp` overflows, the quotient is 0, as it should be.
 */
function geluSlope<T>(ops: GradientOps<T>, x: T): T {
  const u = ops.scale(x, Math.SQRT1_2);
  const rising = ops.div(u, ops.exp(ops.mul(u, u)));
  return ops.add(
    ops.toUnit(ops.erf(u)),
    ops.scale(rising, 1 / Math.sqrt(Math.PI)),
  );
}
