import type { TrainingBatch } from "../backends/trainer.ts";
import type { SamplePlace } from "../loop/sample_order.ts";
import type { TrainingConfig } from "../loop/training_config.ts";

/** The first message to a loader: whose batches it makes. */
export interface LoaderSetup {
  readonly stage: string;
  readonly config: TrainingConfig;
}

/** A message that requests one batch. */
export interface LoaderTask {
  readonly id: number;
  readonly samples: readonly SamplePlace[];
}

/** A loader's message: that it is ready, or failed to open, or one batch, or why it has none. */
export type LoaderReply =
  | { readonly ready: true }
  | { readonly failed: LoaderFailure }
  | { readonly id: number; readonly batch: TrainingBatch }
  | { readonly id: number; readonly error: LoaderFailure };

/** An error as it passes between threads; `code` is that of a `LocRefError`. */
export interface LoaderFailure {
  readonly message: string;
  readonly code?: string;
}
