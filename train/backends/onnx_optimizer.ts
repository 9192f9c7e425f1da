import { sizeOf } from "../../lib/core/tensor.ts";
import {
  rowLength,
  rowsOf,
} from "../../lib/ops/onnx/gradients/joined_weights.ts";
import type { HostWeight, HostWeights } from "../loop/host_weights.ts";
import type { OptimizerSettings } from "../optimizer/optimizer.ts";
import { scheduleFactor } from "../optimizer/schedule.ts";
import {
  adamwPart,
  type State,
  type StateKind,
  stateKinds,
  type StepNumbers,
  sumOfSquares,
} from "./adamw_loop.ts";
import { AdamwThreads } from "./adamw_threads.ts";
import { type Place, viewsOf } from "./weight_places.ts";

/** Threads of {@linkcode OnnxOptimizer}. */
export interface OptimizerThreads {
  /** Threads that take a step together; 1 for none beside the caller's. @default {1} */
  readonly count?: number;
  /** Whether gradients are made on threads that copy from and to shared memory. @default {false} */
  readonly share?: boolean;
}

/**
 * The weights that are trained, with everything that AdamW and the moving average keep: one vector
 * of each kind on the host. The compiled graph reads weights and writes gradients where they lie.
 *
 * Threads work on vectors in shared memory, which onnxruntime refuses: where it runs on the caller's
 * thread, weights and gradients are then copied each step.
 */
export class OnnxOptimizer {
  readonly #settings: OptimizerSettings;
  /** Where each weight lies in vectors over all. */
  readonly places: ReadonlyMap<string, Place>;
  readonly #vectors: Readonly<Partial<Record<StateKind, Float32Array>>>;
  /** Where weights begin on which no decay acts. */
  readonly #undecayed: number;
  /** The state on which steps are taken. */
  readonly #state: State;
  readonly #threads: AdamwThreads | undefined;
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
  constructor(
    weights: HostWeights,
    settings: OptimizerSettings = {},
    { count = 1, share = false }: OptimizerThreads = {},
  ) {
    this.#settings = settings;
    const { decays = () => true } = settings;
    const names = [...weights.keys()];
    const places = new Map<string, Place>();
    let at = 0, undecayed = 0;
    for (const decay of [true, false]) {
      for (const name of names.filter((name) => decays(name) === decay)) {
        const { shape } = weights.get(name)!;
        const size = sizeOf(shape);
        places.set(name, { shape, start: at, end: at + size });
        at += rowsOf(size) * rowLength; // gradients between weights are zero
      }
      if (decay) undecayed = at;
    }
    this.places = new Map(names.map((name) => [name, places.get(name)!]));
    this.#undecayed = undecayed;
    const make = () =>
      count > 1
        ? new Float32Array(new SharedArrayBuffer(4 * at))
        : new Float32Array(at);
    this.#vectors = {
      weights: make(),
      mean: make(),
      square: make(),
      ...(settings.ema === undefined ? {} : { average: make() }),
    };
    this.#state = { ...this.#vectors as State, gradient: make() };
    const { weights: current, gradient } = this.#state;
    const apart = count > 1 && !share;
    this.vector = apart ? new Float32Array(at) : current;
    this.gradient = apart ? new Float32Array(at) : gradient;
    this.#fill("weights", weights);
    this.#vectors.average?.set(current);
    this.shapes = new Map(names.map((name) => [name, places.get(name)!.shape]));
    this.weights = this.views(this.vector);
    this.order = [...places.keys()];
    this.#threads = count > 1
      ? new AdamwThreads(this.#state, { count, undecayed })
      : undefined;
  }

  /** The parts of a vector over all weights, by name. */
  views(vector: Float32Array): Map<string, Float32Array> {
    return viewsOf(vector, this.places);
  }

  /**
   * Clips the gradients and takes step number `step` (1 is the first) of `steps`. Nothing is changed
   * if the norm of the gradients is no number.
   */
  async step(
    step: number,
    steps: number,
  ): Promise<{ norm: number; learningRate: number }> {
    const { ema, clip, schedule, weightDecay = 0.01 } = this.#settings;
    const { learningRate: full = 1e-4, epsilon = 1e-8 } = this.#settings;
    const [beta1, beta2] = this.#settings.betas ?? [0.9, 0.999];
    const learningRate = full * scheduleFactor(step - 1, steps, schedule);
    const norm = Math.sqrt(await this.#sumOfSquares());
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
    await this.#take({
      ...numbers,
      keep: 1 - learningRate * weightDecay,
    });
    return { norm, learningRate };
  }

  /** `Σ x²` of all gradients, in double precision. */
  async #sumOfSquares(): Promise<number> {
    const { gradient } = this.#state;
    if (this.#threads === undefined) {
      return sumOfSquares(gradient, { from: 0, to: gradient.length });
    }
    if (gradient !== this.gradient) gradient.set(this.gradient);
    return await this.#threads.sumOfSquares();
  }

  async #take(numbers: StepNumbers): Promise<void> {
    if (this.#threads === undefined) {
      const to = this.gradient.length, undecayed = this.#undecayed;
      return adamwPart(this.#state, { from: 0, to, undecayed }, numbers);
    }
    await this.#threads.step(numbers);
    this.#showWeights();
  }

  /** Puts the weights where the graph reads them. */
  #showWeights(): void {
    const { weights } = this.#state;
    if (this.vector !== weights) this.vector.set(weights);
  }

  /** Ends the threads. */
  dispose(): void {
    this.#threads?.dispose();
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
    for (const [name, { start }] of this.places) {
      this.#vectors[kind]!.set(weights.get(prefix + name)!.data, start);
    }
    if (kind === "weights") this.#showWeights();
  }
}
