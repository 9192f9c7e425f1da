/**
 * Gradient checkpointing (Chen et al. 2016): a block's inner values are forgotten after the way
 * forward and computed again on the way back.
 */

import type { Ops } from "../../lib/ops/ops.ts";
import type { Tf, TfTensor } from "./tf.ts";

/** One operation on the tape of TensorFlow.js. */
interface TapeNode {
  readonly inputs: Readonly<Record<string, TfTensor>>;
  readonly outputs: readonly TfTensor[];
  readonly saved?: readonly TfTensor[];
}

/** The tape of TensorFlow.js's engine, which its types leave out. */
interface EngineState {
  activeTape: TapeNode[] | null;
  gradientDepth: number;
  kernelDepth: number;
}

/** Tensors that blocks will read again on the way back, and that would be gone by then. */
interface Held {
  /** Younger tensors were made on the way forward, older ones belong to somebody else. */
  readonly firstId: number;
  readonly tensors: Set<TfTensor>;
}

/** Those of the gradient that is being computed. There is one tape, so there is one of these. */
let held: Held | undefined;

/** Runs `gradient`, which may contain {@linkcode recompute}, and frees what it held. */
export function holdingTensors<V>(tf: Tf, gradient: () => V): V {
  const outer = held;
  const own = {
    firstId: nextTensorId(tf),
    tensors: new Set<TfTensor>(),
  };
  held = own;
  try {
    return gradient();
  } finally {
    held = outer;
    tf.dispose([...own.tensors]);
  }
}

/**
 * The operations `ops`, on which blocks forget and recompute, in `lossAndGradients`.
 *
 * @param wanted the tensors that gradients are taken of.
 */
export function recomputingOps<O extends Ops<TfTensor>>(
  tf: Tf,
  ops: O,
  wanted: Iterable<TfTensor>,
): O {
  const ids = new Set([...wanted].map(({ id }) => id));
  return { ...ops, block: (part) => recompute(tf, part, ids) };
}

/**
 * Runs `block` so that nothing but its result stays in memory; its gradient runs it again.
 *
 * Tensors that the block reads, weights and others alike, are found on the tape. TensorFlow.js has one
 * tape, which an inner gradient replaces and then clears; here it is put back.
 *
 * @param wanted ids of the tensors that gradients are taken of; of a frozen weight none is
 * computed.
 */
export function recompute(
  tf: Tf,
  block: () => TfTensor,
  wanted: ReadonlySet<number>,
): TfTensor {
  const state = engineState(tf);
  const taped = state.gradientDepth > 0 && state.kernelDepth === 0;
  if (held === undefined || !taped) return block();
  const { result, outside } = traced(tf, state, block);
  for (const tensor of outside) hold(tf, held, tensor);
  const dependent = dependents(state.activeTape ?? [], wanted);
  const sources = outside.filter(({ id }) => dependent.has(id));
  if (sources.length === 0) return result;
  // an operation of its own on the outer tape
  const operation = tf.customGrad(() => ({
    value: result,
    gradFunc: (dy) => innerGradients(tf, block, sources, dy),
  }));
  return operation(...sources);
}

function hold(tf: Tf, { firstId, tensors }: Held, tensor: TfTensor): void {
  if (tensor.id >= firstId) tensors.add(tf.keep(tensor));
}

/** Runs `block` on a tape of its own: its result, and the tensors that it took from outside. */
function traced(
  tf: Tf,
  state: EngineState,
  block: () => TfTensor,
): { result: TfTensor; outside: TfTensor[] } {
  const outer = state.activeTape;
  const tape: TapeNode[] = [];
  const firstId = nextTensorId(tf);
  state.activeTape = tape;
  try {
    const result = tf.tidy(block);
    return { result, outside: outsideTensors(tape, firstId) };
  } finally {
    for (const { saved } of tape) tf.dispose([...saved ?? []]);
    state.activeTape = outer;
  }
}

/** The inputs of a tape that existed before it began. */
function outsideTensors(
  tape: readonly TapeNode[],
  firstId: number,
): TfTensor[] {
  const outside = new Map<number, TfTensor>();
  for (const { inputs } of tape) {
    for (const input of Object.values(inputs)) {
      if (input.id < firstId) outside.set(input.id, input);
    }
  }
  return [...outside.values()];
}

/** Ids of all tensors that follow from those of ids `wanted`, themselves included. */
function dependents(
  tape: readonly TapeNode[],
  wanted: ReadonlySet<number>,
): Set<number> {
  const found = new Set(wanted);
  for (const { inputs, outputs } of tape) {
    if (Object.values(inputs).some(({ id }) => found.has(id))) {
      for (const { id } of outputs) found.add(id);
    }
  }
  return found;
}

function innerGradients(
  tf: Tf,
  block: () => TfTensor,
  sources: readonly TfTensor[],
  dy: TfTensor,
): TfTensor[] {
  const state = engineState(tf);
  const outer = state.activeTape;
  try {
    const { value, grads } = tf.engine().gradients(
      block,
      [...sources],
      dy,
      true,
    );
    value.dispose();
    return grads.map((g: TfTensor | undefined, i) =>
      g ?? tf.zerosLike(sources[i]!)
    );
  } finally {
    state.activeTape = outer;
  }
}

function engineState(tf: Tf): EngineState {
  return (tf.engine() as unknown as { state: EngineState }).state;
}

/** A number above the ids of all tensors there are. */
function nextTensorId(tf: Tf): number {
  return (tf.engine() as unknown as { nextTensorId(): number }).nextTensorId();
}
