import { assert, assertEquals } from "@std/assert";
import type { Tensor } from "@tensorflow/tfjs";
import type { Ops } from "../../../../lib/ops/ops.ts";
import { Tape } from "../../../../lib/ops/tape/tape.ts";
import { tapedOps } from "../../../../lib/ops/tape/taped_ops.ts";
import { tfjsGradientOps } from "../../../../lib/ops/tfjs/gradient_ops.ts";
import { tfjsOps } from "../../../../lib/ops/tfjs/ops.ts";
import { openTfjs } from "../../../../lib/ops/tfjs/runtime.ts";
import type { Tf } from "../../../../lib/ops/tfjs/tf.ts";
import { noise } from "../host_ops.ts";
import { tfjsBackends } from "../tfjs_backends.ts";

/** An operation with the shapes of what it is differentiated by, as TensorFlow.js holds them. */
interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: <T>(ops: Ops<T>, ...values: T[]) => T;
}

const image = [2, 4, 6, 6];
const cases: readonly Case[] = [
  {
    name: "conv2d",
    shapes: [[2, 5, 5, 3], [3, 3, 3, 4], [4]],
    run: (ops, x, weight, bias) =>
      ops.conv2d(x!, weight!, bias, { padding: 1 }),
  },
  {
    name: "conv2d of stride 2",
    shapes: [[2, 6, 6, 3], [3, 3, 3, 4], [4]],
    run: (ops, x, weight, bias) =>
      ops.conv2d(x!, weight!, bias, { stride: 2, padding: 1 }),
  },
  {
    name: "conv2d of one pixel",
    shapes: [[2, 5, 5, 3], [1, 1, 3, 4], [4]],
    run: (ops, x, weight, bias) => ops.conv2d(x!, weight!, bias),
  },
  {
    name: "linear",
    shapes: [[2, 3, 4], [5, 4], [5]],
    run: (ops, x, weight, bias) => ops.linear(x!, weight!, bias),
  },
  {
    name: "groupNorm",
    shapes: [image, [6], [6]],
    run: (ops, x, weight, bias) =>
      ops.groupNorm(x!, weight!, bias!, { groups: 3, eps: 1e-5 }),
  },
  {
    name: "layerNorm",
    shapes: [[2, 3, 8], [8], [8]],
    run: (ops, x, weight, bias) => ops.layerNorm(x!, weight!, bias!, 1e-5),
  },
  {
    name: "attention",
    shapes: [[2, 4, 6], [2, 5, 6], [2, 5, 6]],
    run: (ops, q, k, v) => ops.attention(q!, k!, v!, { heads: 2 }),
  },
  {
    name: "attention with a causal mask",
    shapes: [[2, 4, 6], [2, 4, 6], [2, 4, 6]],
    run: (ops, q, k, v) =>
      ops.attention(q!, k!, v!, { heads: 2, causal: true }),
  },
  {
    name: "regionAttention",
    shapes: [[2, 4, 6], [2, 3, 5, 6], [2, 3, 5, 6], [2, 3, 4]],
    run: (ops, q, k, v, weights) =>
      ops.regionAttention(q!, k!, v!, weights!, { heads: 2 }),
  },
  { name: "silu", shapes: [[3, 9]], run: (ops, x) => ops.silu(x!) },
  { name: "gelu", shapes: [[3, 9]], run: (ops, x) => ops.gelu(x!) },
  { name: "quickGelu", shapes: [[3, 9]], run: (ops, x) => ops.quickGelu(x!) },
  { name: "relu", shapes: [[3, 9]], run: (ops, x) => ops.relu(x!) },
  {
    name: "upsample",
    shapes: [image],
    run: (ops, x) => ops.upsample(x!, { height: 8, width: 18 }),
  },
  {
    name: "addChannels",
    shapes: [image, [2, 6]],
    run: (ops, x, vector) => ops.addChannels(x!, vector!),
  },
  {
    name: "splitWidth and concatTokens",
    shapes: [[2, 3, 8]],
    run: (ops, x) => {
      const [a, b] = ops.splitWidth(x!, 2);
      return ops.concatTokens([ops.mul(a!, b!), a!]);
    },
  },
  {
    name: "repeatBatch",
    shapes: [[1, 3, 4], [5, 3, 4]],
    run: (ops, weight, x) => ops.mul(ops.repeatBatch(weight!, x!), x!),
  },
];

for (const backend of await tfjsBackends()) {
  for (const test of cases) {
    Deno.test(`the gradient of ${test.name} is its slope on ${backend}`, async () => {
      const tf = await openTfjs(backend);
      const before = tf.memory().numTensors;
      for (let input = 0; input < test.shapes.length; input++) {
        const { slope, gradient } = compareAlong(tf, test, input);
        const bound = 2e-3 * Math.max(1, Math.abs(slope));
        assert(
          Math.abs(slope - gradient) <= bound,
          `input ${input}: slope ${slope}, gradient ${gradient}`,
        );
      }
      assertEquals(tf.memory().numTensors, before);
    });
  }
}

/** Slope and gradient of a weighted sum of the results, along a direction in one of the inputs. */
function compareAlong(
  tf: Tf,
  test: Case,
  input: number,
): { slope: number; gradient: number } {
  return tf.tidy(() => {
    const random = (shape: readonly number[], seed: number) => {
      const count = shape.reduce((product, length) => product * length, 1);
      return tf.tensor(noise(count, seed), [...shape], "float32");
    };
    const ops = tfjsGradientOps(tf);
    const values = test.shapes.map((shape, i) => random(shape, i + 1));
    const direction = random(test.shapes[input]!, 50);
    const objective = (y: Tensor) => tf.sum(tf.mul(y, random(y.shape, 99)));
    const tape = new Tape<Tensor>(ops);
    const places = values.map((value) => tape.variable(value));
    const y = test.run(tapedOps(tape, ops), ...places);
    const dy = random(y.value.shape, 99);
    const gradients = tape.gradients(y, places, dy);
    const at = (step: number) =>
      objective(test.run(
        tfjsOps(tf),
        ...values.map((value, i) =>
          i === input ? tf.add(value, tf.mul(direction, step)) : value
        ),
      )).dataSync()[0]!;
    const step = 5e-3;
    const along = tf.sum(tf.mul(gradients[input]!, direction)).dataSync()[0]!;
    return { slope: (at(step) - at(-step)) / (2 * step), gradient: along };
  });
}
