/** A cost model of data-parallel training: one step as compute, update and exchange. */

/** Constants of a machine and a model, each measured apart. */
export interface TrainingConstants {
  /** Seconds of loss and gradients for one sample, on the cores of one rank. */
  readonly sample: number;
  /** Seconds of a step that do not depend on the batch: the update, and what a run costs. */
  readonly update: number;
  /** Bytes of gradients that ranks exchange. */
  readonly bytes: number;
  /** Seconds that an exchange of nothing takes. */
  readonly latency: number;
  /** Bytes a second that pass each rank in an exchange. */
  readonly bandwidth: number;
}

/** A graph as two that run one after the other: gradients of the first are exchanged beside the second. */
export interface GraphCut {
  /** Bytes of the gradients that the first makes. */
  readonly early: number;
  /** Seconds that the second takes for one sample. */
  readonly second: number;
  /** Seconds by which both take longer than the whole graph, for one sample. */
  readonly more: number;
}

/** A step that is to be predicted. */
export interface PlannedStep {
  readonly ranks: number;
  /** Samples of all ranks together. */
  readonly batch: number;
  /** How the graph is cut. @default {not at all} */
  readonly cut?: GraphCut;
}

/** Seconds of a step: samples are divided among ranks, the exchange comes after the last of them. */
export function stepSeconds(
  { sample, update, ...exchange }: TrainingConstants,
  { ranks, batch, cut }: PlannedStep,
): number {
  const samples = Math.ceil(batch / ranks);
  if (cut === undefined) {
    return samples * sample + update + exchangeSeconds(exchange, ranks);
  }
  const partly = (bytes: number) =>
    exchangeSeconds({ ...exchange, bytes }, ranks);
  const waits = Math.max(0, partly(cut.early) - samples * cut.second);
  const compute = samples * (sample + cut.more);
  return compute + waits + update + partly(exchange.bytes - cut.early);
}

/** Seconds of a sum over all ranks, in a ring: each passes on `2 (n − 1) / n` of the bytes. */
export function exchangeSeconds(
  { bytes, latency, bandwidth }: Pick<
    TrainingConstants,
    "bytes" | "latency" | "bandwidth"
  >,
  ranks: number,
): number {
  if (ranks === 1) return 0;
  const hops = 2 * (ranks - 1);
  return hops / 2 * latency + hops / ranks * bytes / bandwidth;
}

/** Latency and bandwidth of exchanges between two ranks, by least squares of relative errors. */
export function fitExchange(
  measured: readonly { readonly bytes: number; readonly seconds: number }[],
): { latency: number; bandwidth: number } {
  // a + b · bytes, each equation divided by its seconds
  let aa = 0, ab = 0, bb = 0, a1 = 0, b1 = 0;
  for (const { bytes, seconds } of measured) {
    const u = 1 / seconds, v = bytes / seconds;
    aa += u * u;
    ab += u * v;
    bb += v * v;
    a1 += u;
    b1 += v;
  }
  const determinant = aa * bb - ab * ab;
  const latency = (a1 * bb - b1 * ab) / determinant;
  // noise of small exchanges; none ends before it begins
  if (latency < 0) return { latency: 0, bandwidth: bb / b1 };
  return {
    latency,
    bandwidth: determinant / (aa * b1 - ab * a1),
  };
}

/** A training step whose memory is measured or predicted. */
export interface StepSize {
  /** Trained weights. */
  readonly trained: number;
  /** Side of its pictures. */
  readonly side: number;
  readonly batch: number;
}

/** Constants of the memory that a step takes beside its state. */
export interface MemoryConstants {
  /** Bytes whatever the pictures: the program, the runtime, copies of weights. */
  readonly base: number;
  /** Bytes of inner values for a pixel. */
  readonly pixel: number;
  /** Bytes of attention for a pair of pixels of one picture. */
  readonly pair: number;
}

/**
 * Bytes that a trained weight takes in a step: weight, gradient and both moments, and up to two copies
 * of the gradient, which the binding returns and the collector has not yet freed.
 */
const bytesOfWeight = 4 * (4 + 2);

/** Bytes of memory of no file that a step takes, without a moving average. */
export function stepBytes(
  { base, pixel, pair }: MemoryConstants,
  { trained, side, batch }: StepSize,
): number {
  const inner = batch * (pixel * side ** 2 + pair * side ** 4);
  return bytesOfWeight * trained + base + inner;
}

/** Constants from three steps, of which one differs in its batch and one in its side. */
export function fitMemory(
  [a, b, c]: readonly [a: Measured, b: Measured, c: Measured],
): MemoryConstants {
  const besides = ({ own, trained }: Measured) => own - bytesOfWeight * trained;
  const pixels = ({ side, batch }: StepSize) => batch * side ** 2;
  const pairs = ({ side, batch }: StepSize) => batch * side ** 4;
  // differences to the first, of which the base is no part
  const [y1, y2] = [b, c].map((one) => besides(one) - besides(a));
  const [u1, u2] = [b, c].map((one) => pixels(one) - pixels(a));
  const [v1, v2] = [b, c].map((one) => pairs(one) - pairs(a));
  const determinant = u1! * v2! - u2! * v1!;
  const pixel = (y1! * v2! - y2! * v1!) / determinant;
  const pair = (u1! * y2! - u2! * y1!) / determinant;
  const base = besides(a) - pixel * pixels(a) - pair * pairs(a);
  return { base, pixel, pair };
}

/** A step, and the memory of no file that it took. */
type Measured = StepSize & { readonly own: number };
