import type { Tf, TfTensor } from "../loop/tf.ts";

/** Settings of {@linkcode adamwStep}. */
export interface AdamwSettings {
  /** @default {1e-4} */
  readonly learningRate?: number;
  /** Decay rates of the two moments. @default {[0.9, 0.999]} */
  readonly betas?: readonly [number, number];
  /** @default {1e-8} */
  readonly epsilon?: number;
  /** Decoupled weight decay. @default {0.01} */
  readonly weightDecay?: number;
}

/** A flat vector of weights with its moments. */
export interface AdamwState {
  readonly weights: TfTensor;
  /** Running mean of gradients. */
  readonly mean: TfTensor;
  /** Running mean of their squares. */
  readonly square: TfTensor;
}

/**
 * One step of AdamW (Loshchilov and Hutter 2019, algorithm 2) with corrected bias, as PyTorch
 * computes it: `w ← w·(1 − lr·decay) − lr/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)`.
 *
 * Returns new tensors; the caller disposes of the old ones.
 *
 * @param step number of this step, 1 for the first.
 */
export function adamwStep(
  tf: Tf,
  state: AdamwState,
  gradient: TfTensor,
  step: number,
  settings: AdamwSettings = {},
): AdamwState {
  const {
    learningRate = 1e-4,
    betas: [beta1, beta2] = [0.9, 0.999],
    epsilon = 1e-8,
    weightDecay = 0.01,
  } = settings;
  return tf.tidy(() => {
    const mean = mix(tf, state.mean, gradient, beta1);
    const square = mix(tf, state.square, tf.square(gradient), beta2);
    // √v/√(1 − β₂ᵗ) + ε, with the scalar moved out so that one operation less is needed
    const correction = Math.sqrt(1 - beta2 ** step);
    const scale = learningRate * correction / (1 - beta1 ** step);
    const root = tf.add(tf.sqrt(square), epsilon * correction);
    const change = tf.mul(tf.div(mean, root), scale);
    const decay = 1 - learningRate * weightDecay;
    const kept = decay === 1 ? state.weights : tf.mul(state.weights, decay);
    return { weights: tf.sub(kept, change), mean, square };
  });
}

/** `rate · old + (1 − rate) · fresh`. */
export function mix(
  tf: Tf,
  old: TfTensor,
  fresh: TfTensor,
  rate: number,
): TfTensor {
  return tf.tidy(() => tf.add(tf.mul(old, rate), tf.mul(fresh, 1 - rate)));
}
