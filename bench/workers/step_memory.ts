/**
 * Time of a training step of LocRef's adapter on `onnx`: UNET (sd15, sdxl or sdxl-tiny), PRECISION of
 * its file (float32 or half), SIDE of the latents, BATCH, LAYERS that are trained, THREADS. Inner
 * values are computed again. Prints what the second step took, the number of trained weights and the bytes of frozen ones.
 */

import process from "node:process";
import { sizeOf } from "../../lib/core/tensor.ts";
import { adapterCase, type FrozenSize, frozenUnet } from "./adapter_step.ts";
import { trainingStep } from "./training_step.ts";

const [size, precision, ...numbers] = Deno.args as [
  FrozenSize,
  ...string[],
];
const [side, batch, layers, threads] = numbers.map(Number);
const unet = frozenUnet(size, precision === "half");

/** The step, without a hold on the weights at the start. */
async function open() {
  const taken = await adapterCase({
    ...{ unet, side, batch, layers, recompute: true },
  });
  const trained = [...taken.weights.trainable.values()]
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const step = await trainingStep({
    ...{ ...taken, backend: "onnx", threads: threads! },
  });
  return { step, trained };
}

await unet.prepare();
const { step, trained } = await open();
await step();
const start = performance.now(), before = process.cpuUsage();
await step();
const seconds = (performance.now() - start) / 1000;
const { user, system } = process.cpuUsage(before);
const frozen = (await Deno.stat(unet.weights)).size;
console.log(JSON.stringify({
  ...{ trained, frozen, seconds },
  cpuSeconds: (user + system) / 1e6,
}));
Deno.exit(0); // threads of the optimizer wait for steps
