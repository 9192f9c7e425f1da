import type { Values, WeightSource } from "./executor.ts";
import type { LossProgram } from "./loss_program.ts";
import type { Tensor } from "../core/tensor.ts";

/** Options of {@linkcode GradientCompiler}. */
export interface InputGradientOptions {
  /** All weights, none of which is trained. */
  readonly weights: WeightSource;
  /** Name of the input that the derivative is taken by. */
  readonly by: string;
  /** Shapes of all inputs. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** A loss with its derivative. */
export interface InputSlope {
  /** The loss. */
  readonly loss: number;
  /** The derivative, of the input's shape; zeros where the loss does not depend on it. */
  readonly gradient: Tensor;
}

/**
 * A compiled loss with its derivative by one input, such as latents: guidance moves them against it.
 */
export interface InputGradient {
  /** Computes both. */
  run(inputs: Values<Tensor>): Promise<InputSlope>;
  /** Frees what was compiled. */
  dispose(): Promise<void>;
}

/**
 * Compiles a loss, which is a function over `LossOps` that may call any model, with its derivative by
 * one input.
 *
 * @throws {RangeError} if the program has no input of that name.
 */
export type GradientCompiler = (
  program: LossProgram,
  options: InputGradientOptions,
) => Promise<InputGradient>;
