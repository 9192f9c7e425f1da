import type { LossOps } from "../loss_ops.ts";
import { activationRules } from "./activation_rules.ts";
import { attentionRules } from "./attention_rules.ts";
import { elementwiseRules } from "./elementwise_rules.ts";
import type { GradientOps } from "./gradient_ops.ts";
import { layerRules } from "./layer_rules.ts";
import type { RuleContext } from "./rule.ts";
import { shapeRules } from "./shape_rules.ts";
import type { Tape, Taped } from "./tape.ts";

/** Options of {@linkcode tapedOps}. */
export interface TapedOpsOptions {
  /** Whether blocks of a model forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
}

/** Operations that do what `ops` does, and write their derivatives' rules on `tape`. */
export function tapedOps<T>(
  tape: Tape<T>,
  ops: GradientOps<T>,
  { recompute = false }: TapedOpsOptions = {},
): LossOps<Taped<T>> {
  const context: RuleContext<T> = { tape, ops, linears: new WeakMap() };
  return {
    ...elementwiseRules(context),
    ...activationRules(context),
    ...shapeRules(context),
    ...layerRules(context),
    ...attentionRules(context),
    sizeOf: (image) => ops.sizeOf(tape.read(image)),
    constant: (shape, values) => tape.constant(ops.constant(shape, values)),
    ...(recompute ? { block: (part: () => Taped<T>) => tape.block(part) } : {}),
  };
}
