import { checkFinite } from "../core/finite.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import type { Fit } from "../images/resize.ts";
import { pixelValues } from "../images/pixel_values.ts";
import type { Raster } from "../images/raster.ts";
import type { AdapterRun, BesideAdapter } from "./adapter.ts";

/** Outputs of the image encoder that adapters read. */
export type PictureOutput = "pooled" | "embeds" | "penultimate";

/** Pictures through the model's image encoder, one row each. */
export async function pictureFeaturesOf(
  pictures: readonly Raster[],
  { run, imageEncoder, output, fit }: {
    readonly run: AdapterRun;
    readonly output: PictureOutput;
    readonly fit: Fit;
  } & BesideAdapter,
): Promise<Tensor> {
  const { config, folder } = imageEncoder!;
  const side = config.image_size;
  const values = 3 * side * side;
  const pixels = new Float32Array(pictures.length * values);
  const square = { height: side, width: side };
  for (const [i, picture] of pictures.entries()) {
    pixels.set(await pixelValues(picture, square, { fit }), i * values);
  }
  const encoder = await run.program("image_encoder");
  const outputs = await encoder.run({
    pixels: tensor([pictures.length, 3, side, side], pixels),
  });
  const features = outputs[output]!;
  checkFinite(features, { stage: "image encoder", files: folder });
  return features;
}
