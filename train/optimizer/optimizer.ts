import {
  deviceShape,
  type HostWeight,
  type HostWeights,
  toDevice,
  toHost,
} from "../loop/host_weights.ts";
import type { Tf, TfScalar, TfTensor } from "../loop/tf.ts";
import { type AdamwSettings, mix } from "./adamw.ts";
import { type AdamwBucket, adamwKinds } from "./adamw_bucket.ts";
import {
  type Bucket,
  joinBucket,
  makeBuckets,
  splitBucket,
} from "./buckets.ts";
import { clipFactor, globalNorm } from "./clip.ts";
import { FusedAdamwBucket, hasFusedAdam } from "./fused_adamw.ts";
import { PlainAdamwBucket } from "./plain_adamw.ts";
import { type Schedule, scheduleFactor } from "./schedule.ts";

/** Settings of an {@linkcode Optimizer}. */
export interface OptimizerSettings extends AdamwSettings {
  /** How the learning rate changes. @default {constant} */
  readonly schedule?: Schedule;
  /** Largest norm of all gradients together. @default {no limit} */
  readonly clip?: number;
  /** Decay of the exponential moving average of the weights. @default {none is kept} */
  readonly ema?: number;
  /** Steps of earlier runs whose moments are taken over. @default {0} */
  readonly stepsBefore?: number;
  /** Whether weight decay acts on a weight. @default {on every one} */
  readonly decays?: (name: string) => boolean;
}

/** Result of one step. */
export interface StepReport {
  /** Norm of all gradients before clipping. The caller disposes of it. */
  readonly norm: TfScalar;
  readonly learningRate: number;
}

interface BucketState {
  readonly bucket: Bucket;
  readonly adamw: AdamwBucket;
  readonly average?: TfTensor;
}

/** Kinds of value that are kept for each weight. */
const kinds = [...adamwKinds, "average"] as const;

type Kind = typeof kinds[number];

/** The weights that are trained, with everything that AdamW and the moving average keep. */
export class Optimizer {
  readonly #tf: Tf;
  readonly #settings: OptimizerSettings;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  #buckets: BucketState[];
  #tensors: Map<string, TfTensor>;

  /** Takes `weights` to the device. */
  constructor(tf: Tf, weights: HostWeights, settings: OptimizerSettings = {}) {
    this.#tf = tf;
    this.#settings = settings;
    this.#shapes = new Map(
      [...weights].map(([name, { shape }]) => [name, shape]),
    );
    const buckets = makeBuckets(
      new Map([...this.#shapes].map(([name, s]) => [name, deviceShape(s)])),
      { decays: settings.decays },
    );
    this.#buckets = buckets.map((bucket) => {
      const flat = this.#upload(bucket, weights);
      const adamw = hasFusedAdam(tf)
        ? new FusedAdamwBucket(tf, flat)
        : new PlainAdamwBucket(tf, flat);
      if (settings.ema !== undefined) return { bucket, adamw, average: flat };
      flat.dispose();
      return { bucket, adamw };
    });
    this.#tensors = this.#split("weights");
  }

  /** The current weights by name, as they lie on the device. Valid until the next step. */
  get tensors(): ReadonlyMap<string, TfTensor> {
    return this.#tensors;
  }

  /** Gradients by name as one vector a bucket. */
  join(gradients: ReadonlyMap<string, TfTensor | undefined>): TfTensor[] {
    return this.#buckets.map(({ bucket }) =>
      joinBucket(this.#tf, bucket, gradients)
    );
  }

  /**
   * Clips the `gradients` of {@linkcode Optimizer.join} and takes step number `step` (1 is the
   * first) of `steps`.
   */
  step(
    gradients: readonly TfTensor[],
    step: number,
    steps: number,
  ): StepReport {
    const tf = this.#tf;
    const { clip, learningRate: full = 1e-4, schedule } = this.#settings;
    const learningRate = full * scheduleFactor(step - 1, steps, schedule);
    const norm = globalNorm(tf, gradients);
    const factor = clip === undefined ? undefined : clipFactor(tf, norm, clip);
    this.#buckets = this.#buckets.map((state, i) =>
      this.#stepBucket(state, gradients[i]!, { step, learningRate, factor })
    );
    factor?.dispose();
    tf.dispose([...this.#tensors.values()]);
    this.#tensors = this.#split("weights");
    return { norm, learningRate };
  }

  #stepBucket(
    state: BucketState,
    gradient: TfTensor,
    { step, learningRate, factor }: {
      step: number;
      learningRate: number;
      factor: TfScalar | undefined;
    },
  ): BucketState {
    const tf = this.#tf;
    const { bucket, adamw, average } = state;
    const { ema, weightDecay = 0.01 } = this.#settings;
    const clipped = factor === undefined
      ? tf.clone(gradient)
      : tf.mul(gradient, factor);
    // moments that were taken over are not young
    const age = step + (this.#settings.stepsBefore ?? 0);
    adamw.step(clipped, age, {
      ...this.#settings,
      learningRate,
      weightDecay: bucket.decay ? weightDecay : 0,
    });
    clipped.dispose();
    if (average === undefined || ema === undefined) return state;
    // a young average follows fast, else it would remember the random start
    const rate = Math.min(ema, (1 + age) / (10 + age));
    const next = tf.tidy(() => mix(tf, average, adamw.read("weights"), rate));
    average.dispose();
    return { ...state, average: next };
  }

  /** Vectors of {@linkcode Optimizer.join} by the names and in the shapes of the weights, on the host. */
  async toHost(joined: readonly TfTensor[]): Promise<HostWeights> {
    const all = new Map<string, TfTensor>();
    for (const [i, { bucket }] of this.#buckets.entries()) {
      const parts = splitBucket(this.#tf, bucket, joined[i]!);
      for (const [name, part] of parts) all.set(name, part);
    }
    return await this.#toHost(all);
  }

  /** The moving average, or the weights where none is kept, on the host. */
  async export(): Promise<HostWeights> {
    return await this.#download(
      this.#settings.ema === undefined ? "weights" : "average",
    );
  }

  /** Everything that another run needs to go on: `weights.NAME`, `mean.NAME`, `square.NAME`, `average.NAME`. */
  async save(): Promise<HostWeights> {
    const saved = new Map<string, HostWeight>();
    for (const kind of kinds) {
      if (kind === "average" && this.#settings.ema === undefined) continue;
      for (const [name, weight] of await this.#download(kind)) {
        saved.set(`${kind}.${name}`, weight);
      }
    }
    return saved;
  }

  /** Restores the state that {@linkcode Optimizer.save} returned. */
  restore(saved: HostWeights): void {
    const tf = this.#tf;
    this.#buckets = this.#buckets.map((state) => {
      for (const kind of adamwKinds) {
        const values = this.#upload(state.bucket, saved, `${kind}.`);
        state.adamw.assign(kind, values);
        values.dispose();
      }
      if (state.average === undefined) return state;
      state.average.dispose();
      const average = this.#upload(state.bucket, saved, "average.");
      return { ...state, average };
    });
    tf.dispose([...this.#tensors.values()]);
    this.#tensors = this.#split("weights");
  }

  /** Frees everything. */
  dispose(): void {
    this.#tf.dispose([...this.#tensors.values()]);
    for (const { adamw, average } of this.#buckets) {
      adamw.dispose();
      average?.dispose();
    }
    this.#buckets = [];
    this.#tensors = new Map();
  }

  #upload(bucket: Bucket, weights: HostWeights, prefix = ""): TfTensor {
    return this.#tf.tidy(() => {
      const tensors = bucket.places.map(({ name }) =>
        [name, toDevice(this.#tf, weights.get(prefix + name)!)] as const
      );
      return joinBucket(this.#tf, bucket, new Map(tensors));
    });
  }

  #split(kind: Kind): Map<string, TfTensor> {
    const all = new Map<string, TfTensor>();
    for (const { bucket, adamw, average } of this.#buckets) {
      const flat = kind === "average" ? average! : adamw.read(kind);
      const parts = splitBucket(this.#tf, bucket, flat);
      for (const [name, part] of parts) all.set(name, part);
      if (kind !== "average") flat.dispose();
    }
    return all;
  }

  async #download(kind: Kind): Promise<HostWeights> {
    return await this.#toHost(this.#split(kind));
  }

  /** Downloads tensors and disposes of them. */
  async #toHost(tensors: ReadonlyMap<string, TfTensor>): Promise<HostWeights> {
    const weights = new Map<string, HostWeight>();
    for (const [name, tensor] of tensors) {
      const shape = this.#shapes.get(name)!;
      weights.set(name, await toHost(this.#tf, tensor, shape));
      tensor.dispose();
    }
    return weights;
  }
}
