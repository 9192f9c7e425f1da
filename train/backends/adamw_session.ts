import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import type { LossOps } from "../../lib/ops/loss_ops.ts";
import { GraphBuilder } from "../../lib/ops/onnx/graph.ts";
import { onnxLossOps } from "../../lib/ops/onnx/loss_ops.ts";
import { encodeOnnx, type OnnxValueInfo } from "../../lib/ops/onnx/proto.ts";

/** Vectors of a block of weights, by what they hold. */
export const blockKinds = ["weights", "mean", "square", "average"] as const;

/** One of {@linkcode blockKinds}. */
export type BlockKind = typeof blockKinds[number];

/** A block of weights with its gradient and all that is kept of it; `average` where one is kept. */
export type Block =
  & Readonly<Record<"gradient" | Exclude<BlockKind, "average">, Float32Array>>
  & { readonly average?: Float32Array };

/** Numbers that differ from step to step and from block to block. */
export interface StepScalars {
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

const scalarNames = ["clip", "keep", "rate", "epsilon", "old"] as const;

/** The form of a step that does not change during a run. */
export interface AdamwForm {
  /** Decay rates of the two moments. */
  readonly betas: readonly [number, number];
  /** Whether a moving average is kept. */
  readonly averages: boolean;
  /** Threads of one operation. @default {the number of cores} */
  readonly threads?: number;
}

/** One step of AdamW on a block, see `adamwStep`, and of the moving average. */
function adamw<T>(
  ops: LossOps<T>,
  at: Readonly<Record<string, T>>,
  { betas: [beta1, beta2], averages }: AdamwForm,
): Record<string, T> {
  const mix = (old: T, fresh: T, rate: number) =>
    ops.add(ops.scale(old, rate), ops.scale(fresh, 1 - rate));
  const gradient = ops.mul(at.gradient!, at.clip!);
  const mean = mix(at.mean!, gradient, beta1);
  const square = mix(at.square!, ops.mul(gradient, gradient), beta2);
  const root = ops.add(ops.sqrt(square), at.epsilon!);
  const change = ops.mul(ops.div(mean, root), at.rate!);
  const weights = ops.sub(ops.mul(at.weights!, at.keep!), change);
  if (!averages) return { weights, mean, square };
  const one = ops.constant([], Float32Array.of(1));
  const average = ops.add(
    ops.mul(at.average!, at.old!),
    ops.mul(weights, ops.sub(one, at.old!)),
  );
  return { weights, mean, square, average };
}

/**
 * AdamW as a compiled graph that writes its results where their old values lie. It takes a block at
 * a time, which is to stay in the cores' caches, and so serves models of any size.
 */
export class AdamwSession {
  readonly #ort: Awaited<ReturnType<typeof importOrt>>;
  readonly #session: InferenceSession;
  readonly #form: AdamwForm;

  /** Compiles the graph. */
  static async compile(form: AdamwForm): Promise<AdamwSession> {
    const ort = await importOrt();
    const bytes = await encodeOnnx(writeGraph(form));
    const session = await ort.InferenceSession.create(bytes, {
      enableMemPattern: false,
      ...(form.threads ? { intraOpNumThreads: form.threads } : {}),
      logSeverityLevel: 3,
    });
    return new AdamwSession(ort, session, form);
  }

  private constructor(
    ort: Awaited<ReturnType<typeof importOrt>>,
    session: InferenceSession,
    form: AdamwForm,
  ) {
    this.#ort = ort;
    this.#session = session;
    this.#form = form;
  }

  /** Takes a step on a block, in place. */
  async step(block: Block, scalars: StepScalars): Promise<void> {
    const { Tensor } = this.#ort;
    const vector = (data: Float32Array) =>
      new Tensor("float32", data, [data.length]);
    const feeds: Record<string, OrtTensor> = {
      gradient: vector(block.gradient),
    };
    const fetches: Record<string, OrtTensor> = {};
    for (const name of scalarNames) {
      if (!this.#session.inputNames.includes(name)) continue;
      feeds[name] = new Tensor("float32", Float32Array.of(scalars[name]), []);
    }
    for (const kind of keptKinds(this.#form)) {
      feeds[kind] = vector(block[kind]!);
      fetches[`next/${kind}`] = vector(block[kind]!);
    }
    await this.#session.run(feeds, fetches);
  }

  /** Frees the session. */
  async dispose(): Promise<void> {
    await this.#session.release();
  }
}

function importOrt() {
  return importPackage("onnxruntime");
}

function keptKinds({ averages }: AdamwForm): readonly BlockKind[] {
  return averages ? blockKinds : blockKinds.slice(0, 3);
}

function writeGraph(form: AdamwForm) {
  const builder = new GraphBuilder();
  const kinds = keptKinds(form);
  const shape = ["values"];
  const inputs: OnnxValueInfo[] = [
    ...["gradient", ...kinds].map((name) => ({
      name,
      type: "F32" as const,
      shape,
    })),
    ...scalarNames.filter((name) => form.averages || name !== "old").map((
      name,
    ) => ({ name, type: "F32" as const, shape: [] })),
  ];
  const values = Object.fromEntries(
    inputs.map(({ name, shape }) => [name, { name, shape }]),
  );
  const next = adamw(onnxLossOps(builder), values, form);
  const outputs: OnnxValueInfo[] = kinds.map((kind) => {
    const name = `next/${kind}`;
    builder.nodes.push({
      type: "Identity",
      domain: "",
      inputs: [next[kind]!.name],
      outputs: [name],
      attributes: {},
    });
    return { name, type: "F32", shape };
  });
  const { nodes, initializers } = builder;
  return { name: "adamw", nodes, initializers, inputs, outputs };
}
