import type { Tensor } from "@tensorflow/tfjs";
import { checkNumber } from "../check_loss.ts";
import type { Values } from "../executor.ts";
import type { LossProgram } from "../loss_program.ts";
import { Params } from "../params.ts";
import { Tape, type Taped } from "../tape/tape.ts";
import { tapedOps } from "../tape/taped_ops.ts";
import { tfjsGradientOps } from "./gradient_ops.ts";
import type { Tf } from "./tf.ts";

/** Options of {@linkcode lossGradients}. */
export interface LossGradientOptions {
  /** All weights, by their names; a shape is PyTorch's. */
  readonly weights: Params<Tensor>;
  /** The values of a batch. */
  readonly batch: Values<Tensor>;
  /** The weights and values of the batch that derivatives are taken by. */
  readonly by: readonly Tensor[];
  /** Factor of the derivatives. @default {1} */
  readonly share?: number;
  /** Whether blocks forget their inner values and compute them again. @default {false} */
  readonly recompute?: boolean;
}

/** A loss with its metrics and derivatives, tensors of the caller's. */
export interface LossGradients {
  readonly loss: Tensor;
  readonly metrics: Readonly<Record<string, Tensor>>;
  /** One for each of `by`; absent where the loss does not depend on it. */
  readonly gradients: readonly (Tensor | undefined)[];
}

/** Computes a loss and its derivatives on the tape. */
export function lossGradients(
  tf: Tf,
  program: LossProgram,
  { weights, batch, by, share = 1, recompute }: LossGradientOptions,
): LossGradients {
  return tf.tidy(() => {
    const ops = tfjsGradientOps(tf);
    const tape = new Tape<Tensor>(ops);
    const wanted = new Map(by.map((x) => [x.id, x]));
    const placed = new Map<number, Taped<Tensor>>();
    const weight = (x: Tensor) => {
      const place = placed.get(x.id) ?? tape.weight(x, wanted.has(x.id));
      placed.set(x.id, place);
      return place;
    };
    const inputs = Object.entries(batch).map(([name, x]) => {
      const place = wanted.has(x.id) ? tape.variable(x) : tape.constant(x);
      placed.set(x.id, place);
      return [name, place] as const;
    });
    const { loss, metrics = {} } = program.run(
      tapedOps(tape, ops, { recompute }),
      new Params((name, shape) => weight(weights.get(name, shape))),
      Object.fromEntries(inputs),
    );
    const number = (name: string, { value }: Taped<Tensor>) => {
      checkNumber(program, name, value.shape);
      return tf.clone(value);
    };
    const found = {
      loss: number("loss", loss),
      metrics: Object.fromEntries(
        Object.entries(metrics).map(([name, one]) => [name, number(name, one)]),
      ),
    };
    const known = by.map((x) => placed.get(x.id));
    const gradients = tape.gradients(
      loss,
      known.filter((place) => place !== undefined),
      tf.fill(loss.value.shape, share),
    );
    return {
      ...found,
      gradients: known.map((place) => place && gradients.shift()),
    };
  });
}
