import type { TfTensor } from "../loop/tf.ts";
import type { AdamwSettings } from "./adamw.ts";

/** State of AdamW for each weight. */
export const adamwKinds = ["weights", "mean", "square"] as const;

/** One of {@linkcode adamwKinds}. */
export type AdamwKind = typeof adamwKinds[number];

/** Weights and moments of one bucket, wherever they are kept. */
export interface AdamwBucket {
  /** One vector. The caller disposes of it. */
  read(kind: AdamwKind): TfTensor;
  /** Replaces one vector by a copy of `values`. */
  assign(kind: AdamwKind, values: TfTensor): void;
  /** Takes step number `step`, 1 for the first, as {@linkcode adamwStep} does. */
  step(gradient: TfTensor, step: number, settings: AdamwSettings): void;
  /** Frees everything. */
  dispose(): void;
}
