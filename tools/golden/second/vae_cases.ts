import { join } from "node:path";
import {
  currentVaeName,
  type VaeConfig,
} from "../../../lib/encoders/vae_config.ts";
import { vaeDecoderProgram } from "../../../lib/encoders/vae_decoder.ts";
import { vaeEncoderProgram } from "../../../lib/encoders/vae_encoder.ts";
import { codeInTiles } from "../../../lib/encoders/vae_tiles.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { WeightSource } from "../../../lib/ops/executor.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import { renameWeights } from "../../../lib/weights/weight_sources.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";

/** The cases of SDXL's VAE, whole and in tiles. */
export function vaeCases(): GoldenCase[] {
  return [
    { name: "vae.sdxl", bound: 1e-4, run: whole },
    { name: "vae.tiled", bound: 1e-4, run: tiled },
  ];
}

async function whole(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "vae_tiles");
  const { decode, encode } = await coders(context);
  const { mean, logvar } = await encode(goldens.image!);
  return Math.max(
    relativeError(await decode(goldens.latent!), goldens.decoded!),
    relativeError(mean!, goldens.mean!),
    relativeError(logvar!, goldens.logvar!),
  );
}

interface TileFile {
  readonly tile_sample_min_size: number;
  readonly tile_latent_min_size: number;
  readonly tile_overlap_factor: number;
}

async function tiled(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "vae_tiles");
  const file = await readJson<TileFile>(join(context.dir, "vae_tiles.json"));
  const { decode, encode } = await coders(context);
  const overlap = file.tile_overlap_factor;
  const pixels = file.tile_sample_min_size;
  const cells = file.tile_latent_min_size;
  const decoded = await codeInTiles(
    goldens.latent!,
    { from: cells, to: pixels, overlap },
    decode,
  );
  const moments = (name: string) =>
    codeInTiles(
      goldens.image!,
      { from: pixels, to: cells, overlap },
      async (tile) => (await encode(tile))[name]!,
    );
  return Math.max(
    relativeError(decoded, goldens["tiled.decoded"]!),
    relativeError(await moments("mean"), goldens["tiled.mean"]!),
    relativeError(await moments("logvar"), goldens["tiled.logvar"]!),
  );
}

/** The VAE of `sdxl-tiny`. */
async function coders({ dir, executor }: GoldenContext) {
  const part = await openPart(join(dir, "sdxl-tiny", "vae"), parseVaeConfig);
  const config: VaeConfig = part.config;
  const weights: WeightSource = renameWeights(part.weights, currentVaeName);
  return {
    decode: async (latent: Tensor) => {
      const program = vaeDecoderProgram(config, sizeOfImage(latent));
      const inputs = { latent };
      return (await runOnce(executor, program, { weights, inputs })).picture!;
    },
    encode: async (picture: Tensor) => {
      const program = vaeEncoderProgram(config, sizeOfImage(picture));
      const inputs = { picture };
      return await runOnce(executor, program, { weights, inputs });
    },
  };
}
