/** Backends that training runs on, in the order in which `auto` tries them, but for the last three. */
export const trainingBackends = [
  "onnx-cuda",
  "tensorflow-gpu",
  "onnx",
  "tensorflow",
  "wasm",
  "onnx-webgpu",
  "webgpu",
  "cpu",
] as const;

/** Name of a backend that training runs on. */
export type TrainingBackendName = typeof trainingBackends[number];

const namedOnly: readonly string[] = ["onnx-webgpu", "webgpu", "cpu"];

/** Those that `auto` tries: WebGPU is experimental, plain JavaScript slow. */
export const automaticBackends: readonly TrainingBackendName[] =
  trainingBackends.filter((name) => !namedOnly.includes(name));

/** AdamW and what acts around it. */
export interface OptimizerConfig {
  /** Full learning rate, reached after the warm-up. */
  readonly learningRate: number;
  /** Decay of both moments of the gradients, each from 0 to below 1. */
  readonly betas: [number, number];
  /** Number that is added to the root of the second moment. */
  readonly epsilon: number;
  /** Decoupled weight decay, a fraction of the learning rate. */
  readonly weightDecay: number;
  /** The learning rate over time. */
  readonly schedule: {
    /** Shape after the warm-up. */
    readonly kind: "constant" | "cosine";
    /** Steps over which the rate rises. */
    readonly warmup: number;
    /** Final value of a cosine, as a fraction of the full rate. */
    readonly floor: number;
  };
  /** Largest norm of the gradients; `null` for none. */
  readonly clip: number | null;
  /** Decay of the moving average; `null` for none. */
  readonly ema: number | null;
}

/** The settings that every stage shares, with all defaults filled in. */
export interface TrainingConfig {
  /** Name of the run, for messages. */
  readonly name: string;
  /** Folder for log, checkpoints and results. */
  readonly out: string;
  /** Folder of a run that this one begins where it ended, moments of AdamW and all. */
  readonly follows?: string;
  /** Seed of samples, noise, timesteps, augmentation, dropout and first weights. */
  readonly seed: number;
  /** Backend of training; `auto` takes the fastest that is installed. */
  readonly backend: "auto" | TrainingBackendName;
  /** Steps in all; `null` where `epochs` counts. */
  readonly steps: number | null;
  /** How often all data are seen; `null` where `steps` counts. */
  readonly epochs: number | null;
  /** Samples in one optimizer step, on all ranks together. */
  readonly batch: number;
  /** Samples that go through the model at a time; `null` for the whole batch. */
  readonly microBatch: number | null;
  /** Threads that make batches while the loop computes; 0 makes them between its steps. */
  readonly loaders: number;
  /** AdamW and what acts around it. */
  readonly optimizer: OptimizerConfig;
  /** Steps between two checkpoints, and how many are kept. */
  readonly checkpoint: { readonly every: number; readonly keep: number };
  /** Steps between two lines of the log. */
  readonly logEvery: number;
  /** Steps between two sample sheets; `null` for none. */
  readonly sampleEvery: number | null;
}
