/**
 * `deno run -A bench/mode_cost.ts [SEEDS]`: what the fast modes cost. For each mode, over SEEDS
 * pocket pictures of two references: CLIP-I (cosine of each box's cut with its reference, in the
 * pocket model's own image encoder) and the mean difference from the plain picture in 1/255.
 */

import { decodeImage } from "../lib/images/decode.ts";
import { pixelValues } from "../lib/images/pixel_values.ts";
import type { Raster } from "../lib/images/raster.ts";
import { cropRaster } from "../lib/images/resize.ts";
import { tensor } from "../lib/ops/tensor.ts";
import type { GenerateOptions } from "../lib/pipeline/generate_options.ts";
import { LocRef } from "../lib/pipeline/locref.ts";
import type { Picture } from "../lib/pipeline/picture.ts";
import { benchScene } from "./bench_scene.ts";

const modes: readonly (GenerateOptions & { name: string; int8?: boolean })[] = [
  { name: "50 steps of DDIM" },
  { name: "guidanceInterval [0.1, 0.8]", guidanceInterval: [0.1, 0.8] },
  { name: "int8", int8: true },
  { name: "deepEvery 2", deepEvery: 2 },
  { name: "deepEvery 3", deepEvery: 3 },
  { name: "dpm++, 15 steps", sampler: "dpm++", steps: 15 },
  {
    name: "dpm++, 15 steps, guidanceInterval, deepEvery 2",
    sampler: "dpm++",
    steps: 15,
    guidanceInterval: [0.1, 0.8],
    deepEvery: 2,
  },
];

/** What CLIP's image tower says about a picture. */
async function embed(model: LocRef, raster: Raster): Promise<Float32Array> {
  const { image_size: side } = model.parts.imageEncoder!.config;
  const pixels = await pixelValues(raster, { height: side, width: side });
  const encoder = await model.runners.imageEncoder();
  const { embeds } = await encoder.run({
    pixels: tensor([1, 3, side, side], pixels),
  });
  return embeds!.data as Float32Array;
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / Math.hypot(...a) / Math.hypot(...b);
}

async function clipI(model: LocRef, picture: Picture): Promise<number> {
  const { instances } = benchScene().toJSON();
  let sum = 0;
  for (const { box, reference } of instances) {
    const { width, height } = picture;
    const left = Math.round(box.x0 * width), top = Math.round(box.y0 * height);
    const cut = cropRaster(picture, {
      x: left,
      y: top,
      width: Math.round(box.x1 * width) - left,
      height: Math.round(box.y1 * height) - top,
    });
    const original = await embed(model, await decodeImage(reference));
    sum += cosine(await embed(model, cut), original);
  }
  return sum / instances.length;
}

function difference(a: Picture, b: Picture): number {
  const total = a.data.reduce(
    (sum, value, i) => sum + Math.abs(value - b.data[i]!),
    0,
  );
  return total / (a.width * a.height * 3);
}

const seeds = Number(Deno.args[0] ?? 4);
const exact = await LocRef.load("pocket", { backend: "onnx" });
const coarse = await LocRef.load("pocket", { backend: "onnx", int8: true });
const plain: Picture[] = [];
console.log("| mode | CLIP-I | difference from plain |\n|---|---|---|");
for (const { name, int8, ...options } of modes) {
  let score = 0, apart = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const model = int8 ? coarse : exact;
    const picture = await benchScene().generate({
      steps: 50,
      ...options,
      model,
      seed,
    });
    plain[seed] ??= picture;
    score += await clipI(exact, picture) / seeds;
    apart += difference(picture, plain[seed]!) / seeds;
  }
  console.log(`| ${name} | ${score.toFixed(3)} | ${apart.toFixed(2)} |`);
}
