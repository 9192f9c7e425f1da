import type { Buffer } from "node:buffer";
import sharp from "sharp";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { planesFromRaster } from "../../../lib/images/raster.ts";
import type { LoadedModel } from "../../../lib/pipeline/load/loaded_model.ts";
import { makePicture } from "../../../lib/pipeline/make_picture.ts";
import { heldOutScenes } from "./held_out_scenes.ts";
import type { PocketWorld } from "./scenes.ts";

/** Options of {@linkcode writeHeldOutSheet}. */
export interface HeldOutSheetOptions {
  /** Where the PNG file goes. */
  path: string;
  /** Number of scenes. @default {10} */
  scenes?: number;
  /** Seed of the scenes. @default {1} */
  seed?: number;
}

/** How many times a pixel is enlarged, and the gap between pictures, in pixels of the sheet. */
const zoom = 2, gap = 6;

/** Draws held-out scenes: composite image, result, and the composition that references came from. */
export async function writeHeldOutSheet(
  model: LoadedModel,
  world: PocketWorld,
  options: HeldOutSheetOptions,
): Promise<void> {
  const { path, scenes: count = 10, seed = 1 } = options;
  const scenes = await heldOutScenes(world, { seed, scenes: count });
  const columns: Float32Array[][] = [];
  for (const { truth, cutOut } of scenes) {
    const picture = await makePicture({ scene: cutOut, model });
    columns.push([truth.composite, planesFromRaster(picture), truth.picture]);
  }
  const side = 64 * zoom;
  const tiles = columns.flatMap((column, x) =>
    column.map((planes, y) => ({
      planes,
      left: x * (side + gap),
      top: y * (side + gap),
    }))
  );
  const inputs = await Promise.all(tiles.map(async ({ planes, left, top }) => ({
    input: await tile(planes, side),
    left,
    top,
  })));
  const width = columns.length * (side + gap) - gap,
    height = 3 * (side + gap) - gap;
  const sheet = sharp({
    create: { width, height, channels: 3, background: "#fff" },
  }).composite(inputs).png();
  await writeFileAtomically(path, new Uint8Array(await sheet.toBuffer()));
}

async function tile(planes: Float32Array, side: number): Promise<Buffer> {
  const cells = planes.length / 3, width = Math.sqrt(cells);
  const pixels = new Uint8Array(planes.length);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) {
      pixels[i * 3 + c] = Math.round(
        255 * Math.min(1, Math.max(0, planes[c * cells + i]!)),
      );
    }
  }
  return await sharp(pixels, { raw: { width, height: width, channels: 3 } })
    .resize(side, side, { kernel: "nearest" })
    .png()
    .toBuffer();
}
