/**
 * Training-free LocRef on public weights: Stable Diffusion 1.5 with an IP-Adapter for both the
 * composite image and the references. Fetches about 6 GB once, into the Hugging Face cache.
 *
 *     deno run -A examples/public_weights.ts [OUT.png] [BASE] [ADAPTER] [IMAGE_ENCODER]
 */

import { box, LocRef, scene } from "@locref/locref";

const [
  out = "out/public_weights.png",
  base = "stable-diffusion-v1-5/stable-diffusion-v1-5",
  adapter = "h94/IP-Adapter/models/ip-adapter-plus_sd15.safetensors",
  imageEncoder = "h94/IP-Adapter/models/image_encoder",
] = Deno.args;
const asset = (name: string) => new URL(`assets/${name}.png`, import.meta.url);

await using model = await LocRef.load(base, {
  adapter,
  imageEncoder,
  onProgress: ({ file, loaded, total }) =>
    console.error(`${file}: ${Math.round(100 * loaded / total)} %`),
});

const picture = await scene(512, 512)
  .caption("a basketball and a red backpack on a wooden floor, photograph")
  .place(asset("basketball"), box.xyxy(40, 240, 260, 460))
  .place(asset("backpack"), box.xyxy(290, 120, 490, 460))
  .generate({ model, seed: 1, steps: 15, sampler: "dpm++" });
await picture.save(out);
console.log(`${out}, made on ${model.backend.name}`);
