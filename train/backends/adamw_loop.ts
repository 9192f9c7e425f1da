/** Vectors over all weights, by what they hold. */
export const stateKinds = ["weights", "mean", "square", "average"] as const;

/** One of {@linkcode stateKinds}. */
export type StateKind = typeof stateKinds[number];

/** All weights with their gradients and all that is kept of them; `average` where one is kept. */
export type State =
  & Readonly<Record<"gradient" | Exclude<StateKind, "average">, Float32Array>>
  & { readonly average?: Float32Array };

/** Numbers of a step. */
export interface StepNumbers {
  /** Decay rates of the two moments. */
  readonly betas: readonly [number, number];
  /** Factor of the gradients, 1 where they are not clipped. */
  readonly clip: number;
  /** Factor of the weights. */
  readonly keep: number;
  /** Learning rate with the bias of both moments corrected. */
  readonly rate: number;
  /** ε under the corrected root. */
  readonly epsilon: number;
  /** Share of the old moving average. */
  readonly old: number;
}

/** The message that a thread is sent first. */
export interface Beginning {
  /** Vectors in shared memory. */
  readonly state: State;
  /** The part of them that the thread changes. */
  readonly part: Part;
}

/** The message that a thread is sent at each step. */
export interface StepMessage {
  /** Numbers of the step to take; absent where it is to return the sum of the squares. */
  readonly numbers?: StepNumbers;
}

/** The part of vectors that a step changes. */
export interface Part {
  readonly from: number;
  readonly to: number;
  /** Where weights begin on which no decay acts. */
  readonly undecayed: number;
}

/** A step of AdamW and of the moving average on a part of all weights, in place. */
export function adamwPart(
  state: State,
  { from, to, undecayed }: Part,
  numbers: StepNumbers,
): void {
  const border = Math.min(Math.max(undecayed, from), to);
  adamwLoop(state, [from, border], numbers);
  adamwLoop(state, [border, to], { ...numbers, keep: 1 });
}

/** `Σ x²` of a part of a vector, in double precision. */
export function sumOfSquares(
  vector: Float32Array,
  { from, to }: Pick<Part, "from" | "to">,
): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += vector[i]! * vector[i]!;
  return sum;
}

/**
 * A step of AdamW, see `adamwStep`, and of the moving average on the values from `from` to `to`, in
 * place. A loop: onnxruntime's binding copies all outputs of a graph, which takes longer.
 */
function adamwLoop(
  state: State,
  [from, to]: readonly [from: number, to: number],
  { betas: [beta1, beta2], clip, keep, rate, epsilon, old }: StepNumbers,
): void {
  const { gradient, weights, mean, square, average } = state;
  const fresh1 = 1 - beta1, fresh2 = 1 - beta2, fresh = 1 - old;
  for (let i = from; i < to; i++) {
    const g = gradient[i]! * clip;
    const first = beta1 * mean[i]! + fresh1 * g;
    const second = beta2 * square[i]! + fresh2 * g * g;
    mean[i] = first;
    square[i] = second;
    const change = rate * first / (Math.sqrt(second) + epsilon);
    weights[i] = keep * weights[i]! - change;
  }
  if (average === undefined) return;
  for (let i = from; i < to; i++) {
    average[i] = old * average[i]! + fresh * weights[i]!;
  }
}
