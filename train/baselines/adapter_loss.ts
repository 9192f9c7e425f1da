import { toProgram } from "../../lib/bases/adapter_inputs.ts";
import type { DenoiserShape } from "../../lib/bases/denoiser_shape.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Program, Signature, Values } from "../../lib/ops/executor.ts";
import type { LossProgram } from "../../lib/ops/loss_program.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import { Params } from "../../lib/ops/params.ts";
import { weightedSquares } from "../locref/denoising_loss.ts";
import type { AdapterNet } from "./adapter_net.ts";

/** The programs of a frozen base that a loss passes through. */
export interface FrozenDenoiser {
  /** Keys and values of text. */
  readonly text: Program;
  /** One step, with the adapter in its graph. */
  readonly step: Program;
  /** Kinds of what a step reads beside text and the adapter's inputs. */
  readonly given: Readonly<Record<string, Signature["kind"]>>;
}

/** A denoiser with an adapter in its graph. */
export function frozenDenoiser(
  denoiser: DenoiserShape,
  { graph }: AdapterNet,
  size: Size,
): FrozenDenoiser {
  const plain = Object.entries(denoiser.step({ size }).inputs).flatMap((
    [name, { kind }],
  ) => /^text_[kv]\./.test(name) ? [] : [[name, kind] as const]);
  return {
    text: denoiser.textKeyValues({ adapters: [graph] }),
    step: denoiser.step({ size, adapters: [graph] }),
    given: Object.fromEntries(plain),
  };
}

/**
 * The denoising loss of an adapter on a frozen base: `mean(map ⊙ (target − prediction)²)`. With a map
 * of ones it is the plain mean square that most adapters were trained with, with that of Eq. (2)
 * LocRef's.
 *
 * A batch holds `sample`, `time`, `text` `[N, tokens, width]`, `target`, `map`, whatever else the
 * base's step reads, and the inputs of `net`.
 */
export function adapterLoss(
  { text, step, given }: FrozenDenoiser,
  net: AdapterNet,
): LossProgram {
  return {
    name: `${step.name}_loss`,
    inputs: {
      ...given,
      ...{ text: "float", target: "image", map: "image" },
      ...net.inputs,
    },
    run: (ops, weights, batch) => {
      const predicted = predict(ops, weights, batch, { text, step, net });
      return {
        loss: weightedSquares(ops, predicted, batch.target!, batch.map!),
      };
    },
  };
}

function predict<T>(
  ops: Ops<T>,
  weights: Params<T>,
  batch: Values<T>,
  { text, step, net }: {
    readonly text: Program;
    readonly step: Program;
    readonly net: AdapterNet;
  },
): T {
  const keyValues = (tokens: T) => text.run(ops, weights, { tokens });
  const ofText = Object.fromEntries(
    Object.entries(keyValues(batch.text!)).map(([name, value]) => [
      `text_${name}`,
      value,
    ]),
  );
  const conditions = net.conditions(ops, weights, batch, { keyValues });
  const found = step.run(ops, withOwnNames(weights, net.graph.prefix), {
    ...batch,
    ...ofText,
    ...toProgram(net.graph, conditions),
  });
  return found.prediction!;
}

/** Weights of a program, in which those of the adapter have the names of its file. */
function withOwnNames<T>(weights: Params<T>, prefix: string): Params<T> {
  const own = `adapters.${prefix}.`;
  return new Params((name, shape) =>
    weights.get(name.startsWith(own) ? name.slice(own.length) : name, shape)
  );
}
