import { sizeOf } from "../../lib/core/tensor.ts";
import type { HostWeight, HostWeights } from "../loop/host_weights.ts";
import type { OptimizerSettings } from "../optimizer/optimizer.ts";
import { scheduleFactor } from "../optimizer/schedule.ts";
import {
  adamwLoop,
  type State,
  type StateKind,
  stateKinds,
} from "./adamw_loop.ts";

/** Where one weight lies in the vectors. */
interface Place {
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/**
 * The weights that are trained, with everything that AdamW and the moving average keep: one vector
 * of each kind on the host, which the compiled graph reads and writes where it lies.
 */
export class OnnxOptimizer {
  readonly #settings: OptimizerSettings;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #vectors: Readonly<Partial<Record<StateKind, Float32Array>>>;
  /** Where weights begin on which no decay acts. */
  readonly #undecayed: number;
  /** Shapes of all weights. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Current values by name, where they lie. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Current values of all weights, in the order of {@linkcode OnnxOptimizer.order}. */
  readonly vector: Float32Array;
  /** Names of all weights, as they lie in vectors over all. */
  readonly order: readonly string[];
  /** Gradients of all weights, to be filled before {@linkcode OnnxOptimizer.step}. */
  readonly gradient: Float32Array;

  /** Takes a copy of `weights`. */
  constructor(weights: HostWeights, settings: OptimizerSettings = {}) {
    this.#settings = settings;
    const { decays = () => true } = settings;
    const names = [...weights.keys()];
    const places = new Map<string, Place>();
    let at = 0, undecayed = 0;
    for (const decay of [true, false]) {
      for (const name of names.filter((name) => decays(name) === decay)) {
        const { shape } = weights.get(name)!;
        const end = at + sizeOf(shape);
        places.set(name, { shape, start: at, end });
        at = end;
      }
      if (decay) undecayed = at;
    }
    this.#places = new Map(names.map((name) => [name, places.get(name)!]));
    this.#undecayed = undecayed;
    this.#vectors = {
      weights: new Float32Array(at),
      mean: new Float32Array(at),
      square: new Float32Array(at),
      ...(settings.ema === undefined ? {} : { average: new Float32Array(at) }),
    };
    this.#fill("weights", weights);
    this.#vectors.average?.set(this.#vectors.weights!);
    this.shapes = new Map(names.map((name) => [name, places.get(name)!.shape]));
    this.weights = this.views(this.#vectors.weights!);
    this.vector = this.#vectors.weights!;
    this.order = [...places.keys()];
    this.gradient = new Float32Array(at);
  }

  /** The parts of a vector over all weights, by name. */
  views(vector: Float32Array): Map<string, Float32Array> {
    return new Map(
      [...this.#places].map((
        [name, { start, end }],
      ) => [name, vector.subarray(start, end)]),
    );
  }

  /**
   * Clips the gradients and takes step number `step` (1 is the first) of `steps`. Nothing is changed
   * if the norm of the gradients is no number.
   */
  step(
    step: number,
    steps: number,
  ): { norm: number; learningRate: number } {
    const { ema, clip, schedule, weightDecay = 0.01 } = this.#settings;
    const { learningRate: full = 1e-4, epsilon = 1e-8 } = this.#settings;
    const [beta1, beta2] = this.#settings.betas ?? [0.9, 0.999];
    const learningRate = full * scheduleFactor(step - 1, steps, schedule);
    const norm = normOf(this.gradient);
    if (!Number.isFinite(norm)) return { norm, learningRate };
    // moments that were taken over are not young
    const age = step + (this.#settings.stepsBefore ?? 0);
    const correction = Math.sqrt(1 - beta2 ** age);
    const numbers = {
      betas: [beta1, beta2] as const,
      clip: clip === undefined ? 1 : Math.min(1, clip / (norm + 1e-6)),
      rate: learningRate * correction / (1 - beta1 ** age),
      epsilon: epsilon * correction,
      // a young average follows fast, else it would remember the random start
      old: Math.min(ema ?? 0, (1 + age) / (10 + age)),
    };
    const { length } = this.gradient;
    const keep = 1 - learningRate * weightDecay;
    const state: State = {
      ...this.#vectors as State,
      gradient: this.gradient,
    };
    const border = this.#undecayed;
    adamwLoop(state, [0, border], { ...numbers, keep });
    adamwLoop(state, [border, length], { ...numbers, keep: 1 });
    return { norm, learningRate };
  }

  /** The moving average, or the weights where none is kept. */
  export(): HostWeights {
    return this.#copy(this.#vectors.average ? "average" : "weights");
  }

  /** Everything that another run needs to go on: `weights.NAME`, `mean.NAME`, `square.NAME`, `average.NAME`. */
  save(): HostWeights {
    return new Map(
      stateKinds.flatMap((kind) =>
        this.#vectors[kind] === undefined
          ? []
          : [...this.#copy(kind)].map(([name, weight]) =>
            [`${kind}.${name}`, weight] as const
          )
      ),
    );
  }

  /** Takes over what {@linkcode OnnxOptimizer.save}, or that of another backend, returned. */
  restore(saved: HostWeights): void {
    for (const kind of stateKinds) {
      if (this.#vectors[kind] !== undefined) {
        this.#fill(kind, saved, `${kind}.`);
      }
    }
  }

  #copy(kind: StateKind): HostWeights {
    return new Map<string, HostWeight>(
      [...this.views(this.#vectors[kind]!)].map((
        [name, data],
      ) => [name, { shape: this.shapes.get(name)!, data: data.slice() }]),
    );
  }

  #fill(kind: StateKind, weights: HostWeights, prefix = ""): void {
    for (const [name, { start }] of this.#places) {
      this.#vectors[kind]!.set(weights.get(prefix + name)!.data, start);
    }
  }
}

/** `√Σ x²`, in double precision. */
function normOf(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i++) sum += vector[i]! * vector[i]!;
  return Math.sqrt(sum);
}
