import { join } from "node:path";
import { openTaesd } from "../../../lib/encoders/taesd/open_taesd.ts";
import {
  taesdDecoderProgram,
  taesdLatents,
} from "../../../lib/encoders/taesd/taesd_decoder.ts";
import { taesdEncoderProgram } from "../../../lib/encoders/taesd/taesd_encoder.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";

/** Latents that reach beyond those of pictures: the file's, times this. */
const large = 4;

/** The cases of the tiny VAE. */
export function taesdCases(): GoldenCase[] {
  const folder = "taesd-tiny";
  const add = (
    name: string,
    run: (context: GoldenContext) => Promise<number>,
  ) => ({ name: `taesd.${name}`, bound: 1e-4, run });
  return [
    add("encode", (context) => encode(context, folder)),
    add("decode", (context) => decode(context, folder, 1)),
    add("decode_large", (context) => decode(context, folder, large)),
    add("raw", async (context) =>
      Math.max(
        await encode(context, "taesd-raw"),
        await decode(context, "taesd-raw", 1),
      )),
  ];
}

async function encode(context: GoldenContext, folder: string): Promise<number> {
  const { dir, executor } = context;
  const goldens = await readGoldens(dir, "taesd");
  const { config, weights } = await openTaesd(join(dir, folder));
  const image = goldens.image!;
  const unit = Float32Array.from(image.data, (value) => value / 2 + 0.5);
  const program = taesdEncoderProgram(config, sizeOfImage(image));
  const { latent } = await runOnce(executor, program, {
    weights,
    inputs: { picture: tensor(image.shape, unit) },
  });
  return relativeError(latent!, goldens.latents!);
}

async function decode(
  context: GoldenContext,
  folder: string,
  factor: number,
): Promise<number> {
  const { dir, executor } = context;
  const goldens = await readGoldens(dir, "taesd");
  const { config, weights } = await openTaesd(join(dir, folder));
  const { latent } = goldens;
  const given = tensor(
    latent!.shape,
    Float32Array.from(latent!.data, (value) => factor * value),
  );
  const program = taesdDecoderProgram(config, sizeOfImage(given));
  const { picture } = await runOnce(executor, program, {
    weights,
    inputs: { latent: taesdLatents(given) },
  });
  return relativeError(
    signed(picture!),
    factor === 1 ? goldens.decoded! : goldens.decoded_large!,
  );
}

/** Pictures in −1..1, as diffusers returns them. */
function signed({ shape, data }: Tensor): Tensor {
  return tensor(shape, Float32Array.from(data, (value) => 2 * value - 1));
}
