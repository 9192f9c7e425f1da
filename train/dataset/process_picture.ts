/** One picture with its annotations into the files of one sample. */

import sharp from "sharp";
import {
  type DecodedPicture,
  decodePicture,
  turnBox,
} from "./decode_picture.ts";
import {
  areaOf,
  type Candidate,
  type Dropped,
  filterCandidates,
  type PixelBox,
} from "./filters.ts";
import { sha256 } from "./hash.ts";
import { maskOf } from "./masks.ts";
import type { PictureOptions } from "./options.ts";
import type { PictureFiles } from "./picture_files.ts";
import { encodeReference } from "./reference.ts";
import { packCounts, type Rle, rleArea } from "./rle.ts";
import type { Sample, SampleInstance } from "./sample.ts";
import type { Problem, SourceInstance, SourcePicture } from "./source.ts";

/** What became of a picture. */
export interface ProcessedPicture {
  /** Absent where nothing usable is in the picture. */
  readonly sample?: Sample;
  readonly jpg?: Uint8Array;
  readonly refs: Uint8Array[];
  /** RGB `[S, S, 3]` for the captioner, where one was asked for. */
  readonly captionPixels?: Uint8Array;
  readonly dropped: Dropped;
  readonly problems: Problem[];
}

/** Where pictures come from and what they are made into. */
export interface ProcessContext {
  readonly dataset: string;
  readonly pictures: PictureFiles;
  readonly masks?: PictureFiles;
  readonly options: PictureOptions;
  /** Side of the captioner's pictures. */
  readonly captionSize?: number;
}

/** Makes one sample. What is wrong with the picture is told in `problems`, never thrown. */
export async function processPicture(
  picture: SourcePicture,
  context: ProcessContext,
): Promise<ProcessedPicture> {
  const problems = [...picture.problems];
  try {
    const bytes = await context.pictures.read(picture.file);
    const decoded = await decodePicture(
      bytes,
      picture,
      context.options.maxPixels,
    );
    const found = candidatesIn(picture, decoded, problems);
    const { kept, dropped } = filterCandidates(
      found,
      decoded,
      context.options,
    );
    const work = { picture, decoded, context, problems, dropped };
    return await makeSample(work, kept, sha256(bytes));
  } catch (error) {
    const what = (error as Error).message.split("\n")[0]!;
    problems.push({ where: picture.file, what });
    return { refs: [], dropped: {}, problems };
  }
}

interface Work {
  readonly picture: SourcePicture;
  readonly decoded: DecodedPicture;
  readonly context: ProcessContext;
  readonly problems: Problem[];
  readonly dropped: Dropped;
}

function candidatesIn(
  picture: SourcePicture,
  decoded: DecodedPicture,
  problems: Problem[],
): Candidate[] {
  const { width, height } = decoded;
  const pixels = picture.unit === "pixel";
  const statedWidth = pixels ? picture.width ?? width : 1;
  const statedHeight = pixels ? picture.height ?? height : 1;
  if (pixels && (statedWidth !== width || statedHeight !== height)) {
    problems.push({
      where: picture.file,
      what:
        `Has ${width} × ${height} pixels, the annotations say ${statedWidth} × ${statedHeight}; boxes are scaled`,
    });
  }
  return picture.instances.map((instance) => {
    const [x0, y0, x1, y1] = turnBox([
      instance.box[0] / statedWidth,
      instance.box[1] / statedHeight,
      instance.box[2] / statedWidth,
      instance.box[3] / statedHeight,
    ], decoded.turn);
    const slack = 1 / Math.max(width, height);
    if (x0 < -slack || y0 < -slack || x1 > 1 + slack || y1 > 1 + slack) {
      problems.push({
        where: `${picture.file}, annotation ${instance.id}`,
        what: `The box [${instance.given.join(", ")}] leaves the picture`,
      });
    }
    const clip = (value: number) => Math.min(1, Math.max(0, value));
    return {
      instance,
      box: [
        clip(x0) * width,
        clip(y0) * height,
        clip(x1) * width,
        clip(y1) * height,
      ],
    };
  });
}

async function makeSample(
  work: Work,
  kept: readonly Candidate[],
  hash: string,
): Promise<ProcessedPicture> {
  const { picture, decoded, context, problems, dropped } = work;
  const { options } = context;
  const side = Math.min(decoded.width, decoded.height);
  const left = Math.floor((decoded.width - side) / 2);
  const top = Math.floor((decoded.height - side) / 2);
  const instances: SampleInstance[] = [];
  const refs: Uint8Array[] = [];
  for (const { instance, box } of kept) {
    const inside = clipToCrop(box, left, top, side);
    if (areaOf(inside) < options.keep * areaOf(box)) {
      dropped.crop = (dropped.crop ?? 0) + 1;
      continue;
    }
    const mask = await usableMask(instance, work);
    const cutout = mask !== undefined && options.cutouts;
    refs.push(
      await encodeReference(decoded, box, {
        ...options,
        mask: cutout ? mask : undefined,
      }),
    );
    instances.push({
      id: instance.id,
      category: instance.category,
      box_xyxy_fraction: fractions(inside, left, top, side),
      area: instance.area ?? (mask ? rleArea(mask) : areaOf(box)),
      ref: instances.length,
      cutout,
      original: original(instance, mask),
    });
  }
  if (instances.length === 0) return { refs: [], dropped, problems };
  const square = sharp(decoded.data, {
    raw: { width: decoded.width, height: decoded.height, channels: 3 },
  }).extract({ left, top, width: side, height: side });
  const jpg = await square.clone().resize(options.size, options.size)
    .jpeg({
      quality: options.quality,
      chromaSubsampling: "4:4:4",
      optimizeCoding: false, // half of the encoder's time for 4 % of the bytes
    }).toBuffer();
  const { captionSize } = context;
  const captionPixels = captionSize === undefined ? undefined : await square
    .resize(captionSize, captionSize, { kernel: "cubic" }).raw().toBuffer();
  const sample: Sample = {
    key: picture.key,
    caption: picture.captions[0] ?? null,
    width: options.size,
    height: options.size,
    source: {
      dataset: context.dataset,
      id: picture.id,
      file: picture.file,
      url: picture.url,
      sha256: hash,
      width: decoded.width,
      height: decoded.height,
      crop: [left, top, side, side],
      rotation: decoded.turn,
    },
    licence: picture.licence,
    instances,
  };
  return { sample, jpg, refs, captionPixels, dropped, problems };
}

async function usableMask(
  instance: SourceInstance,
  { picture, decoded, context, problems }: Work,
): Promise<Rle | undefined> {
  const { width, height } = decoded;
  const where = `${picture.file}, annotation ${instance.id}`;
  try {
    const mask = await maskOf(instance, decoded, {
      size: [picture.width ?? width, picture.height ?? height],
      files: context.masks,
    });
    if (mask && (mask.width !== width || mask.height !== height)) {
      throw new Error("The mask has another size than the picture");
    }
    if (mask && rleArea(mask) === 0) throw new Error("The mask is empty");
    return mask;
  } catch (error) {
    const what = (error as Error).message;
    problems.push({ where, what: `${what}; kept without mask` });
  }
}

function clipToCrop(
  [x0, y0, x1, y1]: PixelBox,
  left: number,
  top: number,
  side: number,
): PixelBox {
  return [
    Math.max(left, x0),
    Math.max(top, y0),
    Math.min(left + side, x1),
    Math.min(top + side, y1),
  ];
}

function fractions(
  [x0, y0, x1, y1]: PixelBox,
  left: number,
  top: number,
  side: number,
): [number, number, number, number] {
  const within = (value: number) =>
    Math.min(1, Math.max(0, Number((value / side).toFixed(6))));
  return [
    within(x0 - left),
    within(y0 - top),
    within(x1 - left),
    within(y1 - top),
  ];
}

function original(
  { given }: SourceInstance,
  mask: Rle | undefined,
): SampleInstance["original"] {
  if (mask === undefined) return { box: given };
  const { height, width, counts } = mask;
  return {
    box: given,
    mask: { size: [height, width], counts: packCounts(counts) },
  };
}
