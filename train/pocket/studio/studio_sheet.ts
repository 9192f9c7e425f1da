import sharp from "sharp";
import type { Buffer } from "node:buffer";
import { formatOfPath, type ImageFormat } from "../../../lib/images/encode.ts";
import { lanczosRaster } from "../../../lib/images/lanczos.ts";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { random } from "../../../lib/core/random.ts";
import {
  planesFromRaster,
  rasterFromPlanes,
} from "../../../lib/images/raster.ts";
import type { LoadedModel } from "../../../lib/pipeline/load/loaded_model.ts";
import { makePicture } from "../../../lib/pipeline/make_picture.ts";
import {
  boxMask,
  decibels,
  edgeEnergy,
  meanOver,
  squareError,
  ssimMap,
} from "../rulers/picture_rulers.ts";
import { sceneData } from "./scene_data.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import { drawStudioScene, type StudioScene } from "./studio_scene.ts";

/** Options of {@linkcode writeStudioSheet}. */
export interface StudioSheetOptions {
  /** Where the file goes (.png, .webp, .jpg). */
  readonly path: string;
  /** Number of scenes. @default {10} */
  readonly scenes?: number;
  /** Seed of the scenes. @default {1} */
  readonly seed?: number;
  /** Steps of the sampler. @default {the model's} */
  readonly steps?: number;
}

/** Scores of a sheet's pictures against the truth, means over its scenes. */
export interface SheetScores {
  readonly psnr: number;
  readonly inside: number;
  readonly ssim: number;
  readonly ssimInside: number;
  readonly edges: number;
}

/** Side of a picture on the sheet, and the gap between two, in pixels. */
const shownSide = 256, gap = 8;
const shown = { width: shownSide, height: shownSide };

/**
 * Draws held-out scenes in columns: first reference, composite image, result, truth. Returns the
 * results' scores.
 */
export async function writeStudioSheet(
  model: LoadedModel,
  world: PocketWorld,
  options: StudioSheetOptions,
): Promise<SheetScores> {
  const { path, scenes: count = 10, seed = 1, steps } = options;
  const size = model.nativeSize;
  const columns: Float32Array[][] = [];
  const scored: { scene: StudioScene; picture: Float32Array }[] = [];
  for (let i = 0; i < count; i++) {
    const scene = drawStudioScene(world, random(seed, "sheet", i), {
      split: "heldOut",
      size,
      referenceSide: size.width,
    });
    const data = await sceneData(scene, "alpha");
    const picture = planesFromRaster(
      await makePicture({ scene: data, model }, { size, steps, seed: i }),
    );
    scored.push({ scene, picture });
    const { composite, objects, picture: truth } = scene;
    columns.push([objects[0]!.reference, composite, picture, truth]);
  }
  const format = formatOfPath(path);
  const sheet = await drawColumns(columns, { side: size.width, format });
  await writeFileAtomically(path, sheet);
  return scoresOf(scored);
}

async function drawColumns(
  columns: readonly (readonly Float32Array[])[],
  { side, format }: { side: number; format: ImageFormat },
): Promise<Uint8Array> {
  const pitch = shownSide + gap;
  const inputs: { input: Buffer; left: number; top: number }[] = [];
  for (const [x, column] of columns.entries()) {
    for (const [y, planes] of column.entries()) {
      const { data } = lanczosRaster(
        rasterFromPlanes(planes, side, side),
        shown,
      );
      const input = await sharp(data, { raw: { ...shown, channels: 4 } })
        .png().toBuffer();
      inputs.push({ input, left: x * pitch, top: y * pitch });
    }
  }
  const width = columns.length * pitch - gap;
  const height = columns[0]!.length * pitch - gap;
  const sheet = sharp({
    create: { width, height, channels: 3, background: "#fff" },
  });
  // a quality makes a PNG file's colours a palette
  const options = format === "png" ? {} : { quality: 92 };
  const made = sheet.composite(inputs).toFormat(format, options);
  return new Uint8Array(await made.toBuffer());
}

function scoresOf(
  scored: readonly { scene: StudioScene; picture: Float32Array }[],
): SheetScores {
  const all = { sum: 0, count: 0 }, within = { sum: 0, count: 0 };
  let ssim = 0, ssimInside = 0, found = 0, wanted = 0;
  for (const { scene, picture } of scored) {
    const { picture: truth, size, objects } = scene;
    const mask = boxMask(objects.map(({ box }) => box), size);
    addError(all, squareError(picture, truth));
    addError(within, squareError(picture, truth, mask));
    const map = ssimMap(picture, truth, size);
    ssim += meanOver(map) / scored.length;
    ssimInside += meanOver(map, mask) / scored.length;
    found += edgeEnergy(picture, size, mask);
    wanted += edgeEnergy(truth, size, mask);
  }
  return {
    psnr: decibels(all),
    inside: decibels(within),
    ssim,
    ssimInside,
    edges: found / wanted,
  };
}

type ErrorSum = { sum: number; count: number };

function addError(to: ErrorSum, { sum, count }: ErrorSum): void {
  to.sum += sum;
  to.count += count;
}
