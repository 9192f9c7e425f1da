/** An executor compiles and runs whole model functions, beyond single operations. */

import type { Ops } from "./ops.ts";
import type { Params } from "./params.ts";
import type { Tensor } from "../core/tensor.ts";

/**
 * How one input or output of a model function looks from the host.
 *
 * `image` values are `[N, C, H, W]` on the host and in the executor's own layout inside; all
 * others keep their shape. A dimension given by name (`"batch"`, `"instances"`, `"tokens"`) may
 * differ from run to run; equal names are equal numbers within one run.
 */
export interface Signature {
  /** Kind of the values: an image, numbers, or integers such as tokens. */
  readonly kind: "image" | "float" | "ids";
  /** Sizes; those that may change have names. */
  readonly shape: readonly (number | string)[];
}

/** Values by name. */
export type Values<T> = Readonly<Record<string, T>>;

/** Precision that a graph computes in. The host, samplers and guidance compute in float32 and float64. */
export type Precision = "float32" | "float16";

/** A model as a function over operations: named values in, named values out. */
export interface ModelFunction {
  <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>): Values<T>;
}

/** A model function with all that an executor must know to compile it. */
export interface Program {
  /** Name for messages and for the graph file, such as `unet`. Unique within a model. */
  readonly name: string;
  /** Values that a run needs, by name. */
  readonly inputs: Readonly<Record<string, Signature>>;
  /** Values that a run returns, by name. */
  readonly outputs: Readonly<Record<string, Signature>>;
  /** The model itself. */
  readonly run: ModelFunction;
  /** Whether its matrix products bear weights of eight bits, where a user asks for them. @default {false} */
  readonly allowsInt8?: boolean;
  /** Whether it computes in float32 where a user asks for half precision too. @default {false} */
  readonly needsFloat32?: boolean;
}

/**
 * Weights by the names that the model functions use, wherever they lie.
 *
 * Reading is lazy: nothing is in memory until {@linkcode WeightSource.read} is called, and the
 * source keeps no copy.
 */
export interface WeightSource {
  /** All names, sorted. */
  names(): readonly string[];
  /** Shape, type and place of one weight, or `undefined` where there is none of that name. */
  info(name: string): WeightInfo | undefined;
  /** The values of one weight, converted to float32. */
  read(name: string): Promise<Float32Array>;
  /** Fills an array with values of one weight from `start` on, where a source can. */
  readInto?(
    name: string,
    start: number,
    into: Float32Array<ArrayBuffer>,
  ): Promise<void>;
  /**
   * The values of one weight in pieces, where a source makes them so. A piece is valid until the next
   * is requested.
   */
  pieces?(name: string): AsyncIterable<Float32Array<ArrayBuffer>>;
}

/** Types of the safetensors format whose values are not read here. */
export type UnreadType =
  | "U64"
  | "U32"
  | "U16"
  | "C64"
  | "F8_E5M2"
  | "F8_E4M3"
  | "F8_E8M0"
  | "F8_E4M3FNUZ"
  | "F8_E5M2FNUZ"
  | "F6_E2M3"
  | "F6_E3M2"
  | "F4";

/** Where and how one weight is stored. */
export interface WeightInfo {
  /** Element type in the file. */
  readonly dtype:
    | "F64"
    | "F32"
    | "F16"
    | "BF16"
    | "I64"
    | "I32"
    | "I16"
    | "I8"
    | "U8"
    | "BOOL"
    | UnreadType;
  /** Sizes in PyTorch's order. */
  readonly shape: readonly number[];
  /** Path of the `.safetensors` file, absent where the weight lies in memory only. */
  readonly file?: string;
  /** Offset of the first byte from the beginning of the file. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
}

/** A compiled program with its weights, ready to run. */
export interface Runner {
  /**
   * Runs the program once.
   *
   * The same `Tensor` object passed again may be served from a copy, on the device or in half
   * precision. Its data must not change after its first use.
   */
  run(inputs: Values<Tensor>): Promise<Values<Tensor>>;
  /** Frees weights and session. */
  dispose(): Promise<void>;
}

/** Options of {@linkcode Executor.compile}. */
export interface CompileOptions {
  /**
   * Whether inputs that were passed once are passed again, as a run's keys and values are in every
   * step: they then stay on the device.
   *
   * @default {true}
   */
  readonly inputsComeAgain?: boolean;
}

/** One way to run programs. */
export interface Executor {
  /** The backend's name. */
  readonly name: string;
  /**
   * Whether programs lie in memory of a device's own, of which the machine's free memory says
   * nothing. @default {false}
   */
  readonly ownMemory?: boolean;
  /** Compiles a program against its weights. */
  compile(
    program: Program,
    weights: WeightSource,
    options?: CompileOptions,
  ): Promise<Runner>;
  /** Frees everything that the executor holds. */
  dispose(): Promise<void>;
}
