import type { WrittenGradients } from "../../lib/ops/onnx/gradients/gradient_graph.ts";
import type { TrainingBatch } from "./trainer.ts";
import type { Place } from "./weight_places.ts";

/** Set-up of a thread of gradients: vectors over all trained weights. */
export interface GradientSetup {
  /** Current values of all trained weights, in shared memory. */
  readonly weights: Float32Array;
  /** Where the thread leaves its gradients, in shared memory. */
  readonly gradient: Float32Array;
  readonly places: ReadonlyMap<string, Place>;
}

/** A request to a thread of gradients about the graph of a key. */
export type GradientRequest =
  | { readonly key: string; readonly open: WrittenGradients }
  | { readonly key: string; readonly run: PartOfBatch }
  | { readonly key: string; readonly free: true };

/** A part of a batch, and the factor of its gradients. */
export interface PartOfBatch {
  readonly batch: TrainingBatch;
  readonly share: number;
}
