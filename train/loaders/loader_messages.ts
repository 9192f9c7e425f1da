import type { SamplePlace } from "../loop/sample_order.ts";
import type { TrainingConfig } from "../loop/training_config.ts";

/** Set-up of a loader: whose batches it makes. */
export interface LoaderSetup {
  readonly stage: string;
  readonly config: TrainingConfig;
}

/** A request for one batch: its samples. */
export type LoaderRequest = readonly SamplePlace[];
