/**
 * A training step of the pocket UNet with LocRef in each form that its graph can take, in turn:
 *
 *     deno run -A bench/gpu/training_forms.ts --backend onnx-cuda --batch 16 --profile
 *
 * `--profile` adds which operators the usual form of the device spends its time on.
 */

import { parseArgs } from "node:util";
import type { Values } from "../../lib/ops/executor.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import { listLossWeights } from "../../lib/ops/list_weights.ts";
import {
  convolvesDirectly,
  copiesAtOnce,
  keepsNoStatistics,
  type OnnxDevice,
} from "../../lib/ops/onnx/devices.ts";
import { onnxExecutor } from "../../lib/ops/onnx/executor.ts";
import type { GradientSessionOptions } from "../../lib/ops/onnx/gradients/gradient_graph.ts";
import { GradientSession } from "../../lib/ops/onnx/gradients/gradient_session.ts";
import { OnnxOptimizer } from "../../train/backends/onnx_optimizer.ts";
import { initialWeights } from "../../train/loop/initial_weights.ts";
import { noWeights } from "../../train/loop/host_weights.ts";
import { denoisingProgram } from "../../train/locref/denoising_loss.ts";
import { timesByOperator } from "./profile.ts";
import { pocketShape } from "../workers/pocket_step.ts";
import { randomBatch } from "../workers/training_step.ts";

const { values } = parseArgs({
  options: {
    backend: { type: "string", default: "onnx-cuda" },
    batch: { type: "string", default: "16" },
    model: { type: "string", default: "models/pocket" },
    steps: { type: "string", default: "8" },
    only: { type: "string", multiple: true },
    threads: { type: "string", default: "8" },
    profile: { type: "boolean", default: false },
  },
});
const device = (values.backend.replace(/^onnx-?/, "") || "cpu") as OnnxDevice;
const threads = Number(values.threads), steps = Number(values.steps);
// loads what the device needs, without TF32
await (await onnxExecutor({ device })).dispose();
const { shape, inputs } = await pocketShape(values.model);
const size = { height: inputs.side, width: inputs.side };
const program = denoisingProgram(shape, size);
const batch: Values<Tensor> = randomBatch(shape, {
  ...inputs,
  batch: Number(values.batch),
});
const optimizer = new OnnxOptimizer(
  initialWeights(listLossWeights(program)),
  { clip: 1, ema: 0.999 },
  { count: device === "cpu" ? 1 : threads },
);

/** One form of the graph. */
interface Form {
  readonly convolutions: "products" | "direct";
  readonly norms: "plain" | "fused";
  readonly copies: "apart" | "joined";
}

const forms: Form[] = (["direct", "products"] as const).flatMap((
  convolutions,
) =>
  (["plain", "fused"] as const).flatMap((norms) =>
    (["joined", "apart"] as const).map((copies) => ({
      convolutions,
      norms,
      copies,
    }))
  )
);
const usual: Form = {
  convolutions: convolvesDirectly(device) ? "direct" : "products",
  norms: keepsNoStatistics(device) ? "plain" : "fused",
  copies: copiesAtOnce(device) ? "joined" : "apart",
};

function optionsOf(form: Form): GradientSessionOptions {
  return {
    shapes: Object.fromEntries(
      Object.entries(batch).map(([name, { shape }]) => [name, shape]),
    ),
    trained: optimizer.shapes,
    frozen: noWeights,
    device,
    threads,
    directConvolutions: form.convolutions === "direct",
    plainNorms: form.norms === "plain",
    ...(form.copies === "joined" ? { joined: optimizer.order } : {}),
  };
}

const { vector: whole, weights: parts, gradient } = optimizer;

async function runOf(session: GradientSession) {
  return await session.run({
    batch,
    weights: { whole, parts },
    gradients: { whole: gradient, parts: optimizer.views(gradient) },
    share: 1,
  });
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}

/** Milliseconds of a form, with the largest difference of its gradients from `expected`. */
async function measured(form: Form, expected: Float32Array | undefined) {
  const began = performance.now();
  const session = await GradientSession.compile(program, optionsOf(form));
  for (const part of optimizer.views(gradient).values()) part.fill(NaN);
  const { loss } = await runOf(session);
  const start = performance.now() - began;
  const times: number[] = [];
  for (let i = 0; i < steps; i++) {
    const before = performance.now();
    await runOf(session);
    times.push(performance.now() - before);
  }
  await session.dispose();
  const found = gradient.slice();
  const largest = found.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  const error = found.reduce(
    (most, x, i) => Math.max(most, Math.abs(x - (expected ?? found)[i]!)),
    0,
  );
  console.log(
    `convolutions ${form.convolutions}, norms ${form.norms}, copies ${form.copies}: ` +
      `${median(times).toFixed(1)} ms (fastest ${
        Math.min(...times).toFixed(1)
      }), ` +
      `start ${(start / 1000).toFixed(1)} s, loss ${loss.toPrecision(8)}, ` +
      `gradients differ by ${
        (error / largest).toExponential(1)
      } of the largest`,
  );
  return found;
}

console.log(
  `${values.backend}, batch ${values.batch}, ${whole.length} weights`,
);
const chosen = [
  usual,
  ...forms.filter((form) => JSON.stringify(form) !== JSON.stringify(usual)),
].filter((form) => {
  const words = Object.values(form);
  return values.only?.every((word) => words.includes(word as never)) ?? true;
});
let expected: Float32Array | undefined;
for (const form of chosen) {
  try {
    expected ??= await measured(form, expected);
    if (form !== chosen[0]) await measured(form, expected);
  } catch (error) {
    console.log(`${Object.values(form)}: ${(error as Error).message}`);
  }
}
const updates: number[] = [];
for (let i = 1; i <= steps; i++) {
  const before = performance.now();
  await optimizer.step(i, steps);
  updates.push(performance.now() - before);
}
console.log(`AdamW on the host: ${median(updates).toFixed(1)} ms`);
optimizer.dispose();
if (values.profile) {
  const folder = await Deno.makeTempDir();
  try {
    const profile = `${folder}/step`;
    const options = { ...optionsOf(usual), profile };
    const session = await GradientSession.compile(program, options);
    for (let i = 0; i < 3; i++) await runOf(session);
    await session.dispose();
    for (const line of await timesByOperator(folder)) console.log(line);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
