/**
 * Seconds until the first training step on `onnx` is done, and what compiling takes of them: MODEL
 * (pocket or adapter), THREADS.
 */

import { adapterCase } from "./adapter_step.ts";
import { pocketCase } from "./pocket_step.ts";
import { trainingStep } from "./training_step.ts";

const [model, threads] = Deno.args;
const step = await trainingStep({
  ...model === "pocket"
    ? await pocketCase("models/pocket", 16)
    : await adapterCase(),
  backend: "onnx",
  threads: Number(threads),
});

async function seconds(): Promise<number> {
  const start = performance.now();
  await step();
  return (performance.now() - start) / 1000;
}

const first = await seconds();
const sinceStart = performance.now() / 1000;
const later = Math.min(await seconds(), await seconds());
console.log(JSON.stringify({ compile: first - later, later, sinceStart }));
Deno.exit(0); // threads of the optimizer wait for steps
