/** An operation whose derivatives are computed in three ways: by the tape on onnxruntime and on TensorFlow.js, and by differences. */

import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import type { LossOps } from "../../../../lib/ops/loss_ops.ts";
import { onnxGradientOps } from "../../../../lib/ops/onnx/gradients/gradient_ops.ts";
import type { OnnxOpsOptions } from "../../../../lib/ops/onnx/ops.ts";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { encodeOnnx, type OnnxType } from "../../../../lib/ops/onnx/proto.ts";
import { Tape } from "../../../../lib/ops/tape/tape.ts";
import {
  tapedOps,
  type TapedOpsOptions,
} from "../../../../lib/ops/tape/taped_ops.ts";
import { sizeOf, type Tensor } from "../../../../lib/core/tensor.ts";
import {
  download,
  downloadWeight,
  upload,
  uploadWeight,
} from "../../../../lib/ops/tfjs/layout.ts";
import { tfjsGradientOps } from "../../../../lib/ops/tfjs/gradient_ops.ts";
import type { Tf } from "../../../../lib/ops/tfjs/tf.ts";
import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import { noise } from "../host_ops.ts";

/** One input of an operation. */
export interface CaseInput {
  readonly kind: "image" | "float" | "weight" | "ids";
  readonly shape: readonly number[];
  /** Turns noise into a value, where not all values are allowed. */
  readonly values?: (noise: number) => number;
  /** Whether no derivative is taken by it. */
  readonly constant?: boolean;
}

/** An operation with the inputs that it is tried on. */
export interface GradientCase {
  readonly inputs: readonly CaseInput[];
  readonly result: "image" | "float";
  readonly run: <T>(ops: LossOps<T>, ...values: T[]) => T;
}

/** Noise for a case's inputs. */
export function drawInputs({ inputs }: GradientCase, seed: number): Tensor[] {
  return inputs.map(({ kind, shape, values = (x) => x }, i) => {
    const drawn = noise(sizeOf(shape), seed * 31 + i + 1).map(values);
    const data = kind === "ids"
      ? Int32Array.from(drawn)
      : Float32Array.from(drawn);
    return { shape, data };
  });
}

/** The result `y` of a case, and the derivatives of the sum of `weights ⊙ y` by all inputs. */
export interface Derivatives {
  readonly y: Float32Array;
  readonly gradients: readonly (Float32Array | undefined)[];
}

/** A case on the tape, as an ONNX graph that can be run again. */
export class TapedCase {
  readonly #run: (values: readonly Tensor[]) => Promise<Derivatives>;
  readonly #release: () => Promise<void>;
  /** Shape of the result, as ONNX has it. */
  readonly shape: readonly number[];
  /** Nodes of the graph by type. */
  readonly nodes: readonly string[];

  private constructor(
    parts: {
      run: (values: readonly Tensor[]) => Promise<Derivatives>;
      release: () => Promise<void>;
      shape: readonly number[];
      nodes: readonly string[];
    },
  ) {
    this.#run = parts.run;
    this.#release = parts.release;
    this.shape = parts.shape;
    this.nodes = parts.nodes;
  }

  /** Writes the graph down and compiles it. */
  static async open(
    { inputs, run }: GradientCase,
    options: TapedOpsOptions = {},
    form: OnnxOpsOptions = {},
  ): Promise<TapedCase> {
    const graph = new GraphBuilder();
    const ops = onnxGradientOps(graph, form);
    const tape = new Tape(ops);
    const places = inputs.map(({ shape, constant, kind }, i) => {
      const value = { name: `input_${i}`, shape };
      if (constant || kind === "ids") return tape.constant(value);
      return kind === "weight"
        ? tape.weight(value, true)
        : tape.variable(value);
    });
    const y = run(tapedOps(tape, ops, options), ...places);
    const shape = y.value.shape as number[];
    const dy = { name: "dy", shape };
    const gradients = tape.gradients(y, places, dy);
    const outputs = [
      { name: y.value.name, type: "F32" as OnnxType, shape },
      ...gradients.flatMap((x) =>
        x ? [{ name: x.name, type: "F32" as OnnxType, shape: x.shape }] : []
      ),
    ];
    // a derivative may be what came in, or the same for two inputs
    const named = outputs.map((output, i) => {
      const name = `output_${i}`;
      graph.nodes.push({
        type: "Identity",
        domain: "",
        inputs: [output.name],
        outputs: [name],
        attributes: {},
      });
      return { ...output, name };
    });
    const ort = await importPackage("onnxruntime");
    const bytes = await encodeOnnx({
      name: "case",
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: [
        ...inputs.map(({ kind, shape }, i) => ({
          name: `input_${i}`,
          type: (kind === "ids" ? "I32" : "F32") as OnnxType,
          shape,
        })),
        { name: "dy", type: "F32", shape },
        ...graph.initializers.filter(({ name }) => graph.unfolded.has(name)),
      ],
      outputs: named,
    });
    const session = await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 3,
      intraOpNumThreads: 1,
    });
    const tensorOf = ({ shape, data }: Tensor) =>
      new ort.Tensor(
        data instanceof Int32Array ? "int32" : "float32",
        data as Float32Array,
        shape,
      );
    return new TapedCase({
      shape,
      nodes: graph.nodes.map(({ type }) => type),
      release: () => session.release(),
      async run(values) {
        const all: Record<string, ReturnType<typeof tensorOf>> = {};
        for (const name of session.inputNames) {
          const data = objectiveWeights(shape);
          all[name] = name === "dy"
            ? tensorOf({ shape, data })
            : tensorOf(values[Number(name.slice(6))]!);
        }
        const results = await session.run(all);
        let next = 1;
        return {
          y: results.output_0!.data as Float32Array,
          gradients: gradients.map((x) =>
            x && results[`output_${next++}`]!.data as Float32Array
          ),
        };
      },
    });
  }

  /** Runs the graph. */
  run(values: readonly Tensor[]): Promise<Derivatives> {
    return this.#run(values);
  }

  /** Frees the session. */
  async close(): Promise<void> {
    await this.#release();
  }
}

/** Weights of results in their sum. */
export function objectiveWeights(shape: readonly number[]): Float32Array {
  return Float32Array.from(noise(sizeOf(shape), 99));
}

/** A case on the tape over TensorFlow.js. */
export async function tfjsDerivatives(
  tf: Tf,
  { inputs, result, run }: GradientCase,
  values: readonly Tensor[],
): Promise<Derivatives> {
  const ops = tfjsGradientOps(tf);
  const tape = new Tape<TfTensor>(ops);
  const placed = values.map((value, i) => {
    const { kind, constant } = inputs[i]!;
    const on = kind === "weight"
      ? uploadWeight(tf, value.shape, value.data as Float32Array)
      : upload(tf, value, kind);
    return constant || kind === "ids" ? tape.constant(on) : tape.variable(on);
  });
  const y = run(tapedOps(tape, ops), ...placed);
  const { shape } = y.value;
  const [n, h, w, c] = shape as [number, number, number, number];
  const onHost = result === "image" ? [n, c, h, w] : shape;
  const weights = { shape: onHost, data: objectiveWeights(onHost) };
  const found = tape.gradients(y, placed, upload(tf, weights, result));
  const gradients = [];
  for (const [i, gradient] of found.entries()) {
    if (gradient === undefined) {
      gradients.push(undefined);
      continue;
    }
    const { kind } = inputs[i]!;
    const { data } = kind === "weight"
      ? await downloadWeight(tf, gradient)
      : await download(tf, gradient, kind);
    gradients.push(data as Float32Array);
  }
  const { data } = await download(tf, y.value, result);
  return { y: data as Float32Array, gradients };
}

/** The sum of `weights ⊙ y`, in double precision. */
export function objective(y: Float32Array, shape: readonly number[]): number {
  const weights = objectiveWeights(shape);
  return y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
}
