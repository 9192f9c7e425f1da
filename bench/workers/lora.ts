/**
 * Merges a LoRA into the UNet of Stable Diffusion 1.5's size: all weights that it changes are made
 * once, as a session reads them. Prints seconds, the bytes that changed, and how far memory rose.
 */

import process from "node:process";
import { parseArgs } from "node:util";
import { sizeOf } from "../../lib/core/tensor.ts";
import { LoraSet } from "../../lib/weights/lora/apply_loras.ts";
import { openLora } from "../../lib/weights/lora/lora_file.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { largeWeights } from "../large_models.ts";
import { processUsage } from "../process_usage.ts";
import { say } from "./serve.ts";

const { values } = parseArgs({
  options: { lora: { type: "string" }, threads: { type: "string" } },
});
const weights = await openSafetensors(largeWeights("unet"));
const before = (await processUsage(Deno.pid))!.peakBytes;
const began = performance.now(), used = process.cpuUsage();
const set = new LoraSet([
  { file: await openLora(values.lora!), scale: 0.8, textScale: 0.8 },
]);
const merged = set.merge("unet", weights);
set.report();
let changed = 0;
for (const name of merged.names()) {
  const { file, shape } = merged.info(name)!;
  if (file !== undefined) continue; // stays mapped
  changed += 4 * sizeOf(shape);
  for await (const piece of merged.pieces!(name)) void piece;
}
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(used);
const cpuSeconds = (user + system) / 1e6;
const { peakBytes } = (await processUsage(Deno.pid))!;
say({ seconds, cpuSeconds, changed, rose: peakBytes - before });
