import type { Executor, Precision } from "./executor.ts";
import type { GradientCompiler } from "./input_gradient.ts";

/** Options that a backend opens with. */
export interface OpenExecutorOptions {
  /** Threads of the executor. @default {the number of cores} */
  threads?: number;
  /** Whether the UNet's matrix products use weights of eight bits; on `onnx` only. @default {false} */
  int8?: boolean;
  /** Precision that models compute in; half precision on GPUs of onnxruntime only. @default {"float32"} */
  precision?: Precision;
}

/** A way to run models: an executor and what it runs on. */
export interface Backend<Name extends string = string> {
  /** Name for users. */
  readonly name: Name;
  /** One line for tables. */
  readonly summary: string;
  /** Whether it only runs where it is named: an experiment, or slow. @default {false} */
  readonly optIn?: boolean;
  /** Whether it has products of eight bits. @default {false} */
  readonly int8?: boolean;
  /** Whether it computes in half precision. @default {false} */
  readonly half?: boolean;
  /** Whether it writes graphs to files, which takes the permission to. @default {false} */
  readonly writesGraphs?: boolean;
  /** Looks, without loading anything, whether it may work here. @returns What is missing, if anything is. */
  missing?(): string | undefined;
  /** Why `auto` goes on to the next backend, where it works and is not worth it. */
  refusedByAuto?(): Promise<Error | undefined>;
  /**
   * Opens it.
   *
   * @throws {LocRefError} `backend-missing`, with the reason and what to install.
   */
  open(options: OpenExecutorOptions): Promise<Executor>;
  /** Opens its compiler of derivatives by an input. @default {it has no gradients} */
  openGradient?(): Promise<GradientCompiler>;
}
