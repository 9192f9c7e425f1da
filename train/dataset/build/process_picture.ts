/** One picture with its annotations into the files of one sample. */

import { candidatesIn } from "./candidates.ts";
import {
  type DecodedPicture,
  decodePicture,
} from "./picture/decode_picture.ts";
import { donatedReference } from "./donated_reference.ts";
import type { PictureDonors } from "./donors.ts";
import {
  areaOf,
  type Candidate,
  type Dropped,
  filterCandidates,
} from "../sources/filters.ts";
import { sha256 } from "../../../lib/core/files/hash.ts";
import { usableMask } from "../sources/masks.ts";
import { keepOriginal, OriginalError } from "./originals.ts";
import type { ProcessContext } from "./process_context.ts";
import { drawSquare, type Square } from "./picture/draw_square.ts";
import { encodeReference } from "./picture/reference.ts";
import { packCounts, type Rle, rleArea } from "../sources/rle.ts";
import type { Sample, SampleInstance } from "./sample.ts";
import type { ReferenceCounts } from "./shard_record.ts";
import type {
  Problem,
  SourceInstance,
  SourcePicture,
} from "../sources/source.ts";
import { clipTo, fractions } from "./crop_box.ts";

/** Result of processing a picture. */
export interface ProcessedPicture {
  /** Absent where nothing usable is in the picture. */
  readonly sample?: Sample;
  /** The training picture's file. */
  readonly jpg?: Uint8Array;
  /** The references' files. */
  readonly refs: Uint8Array[];
  /** RGB `[S, S, 3]` for the captioner, where requested. */
  readonly captionPixels?: Uint8Array;
  /** How many instances each filter dropped. */
  readonly dropped: Dropped;
  /** Problems: pictures, instances and masks that could not be used. */
  readonly problems: Problem[];
  /** Where the references came from. */
  readonly references: ReferenceCounts;
  /** Why the picture's files could not be written, which is no fault of the picture. */
  readonly failure?: string;
}

const noReferences: ReferenceCounts = { same: 0, other: 0, fallback: 0 };

/**
 * Makes one sample, with references from `donors` where given. Faults of the picture go
 * into `problems` and are never thrown.
 */
export async function processPicture(
  picture: SourcePicture,
  context: ProcessContext,
  donors?: PictureDonors,
): Promise<ProcessedPicture> {
  const { options } = context;
  const problems = [...picture.problems];
  try {
    const bytes = await context.pictures.read(picture.file);
    const decoded = await decode(bytes, picture, options.maxPixels);
    const found = candidatesIn(picture, decoded, problems);
    const { kept, dropped } = filterCandidates(found, decoded, options);
    const work = { picture, bytes, decoded, context, problems, dropped };
    return await makeSample(work, kept, donors);
  } catch (error) {
    const what = (error as Error).message;
    const failure = error instanceof OriginalError ? what : undefined;
    problems.push({ where: picture.file, what });
    const nothing = { refs: [], dropped: {}, references: noReferences };
    return { ...nothing, problems, failure };
  }
}

/**
 * The picture, or an error of one line that says why it has none. Sharp's own sentences stay as they
 * are. The decoder's lines depend on which of its threads failed first, and stand behind a sentence.
 */
async function decode(
  bytes: Uint8Array,
  picture: SourcePicture,
  maxPixels: number,
): Promise<DecodedPicture> {
  try {
    return await decodePicture(bytes, picture, maxPixels);
  } catch (cause) {
    const { message } = cause as Error;
    if (/^Input /.test(message)) throw cause;
    const line = message.split("\n").find((line) => !/failOn|^\s*$/.test(line));
    const why = line === undefined ? "" : `: ${line}`;
    throw new Error(`The picture is damaged or cut short${why}`, { cause });
  }
}

interface Work {
  readonly picture: SourcePicture;
  readonly bytes: Uint8Array;
  readonly decoded: DecodedPicture;
  readonly context: ProcessContext;
  readonly problems: Problem[];
  readonly dropped: Dropped;
}

async function makeSample(
  work: Work,
  kept: readonly Candidate[],
  donors: PictureDonors | undefined,
): Promise<ProcessedPicture> {
  const { bytes, decoded, context, problems, dropped } = work;
  const { options } = context;
  const side = Math.min(decoded.width, decoded.height);
  const left = Math.floor((decoded.width - side) / 2);
  const top = Math.floor((decoded.height - side) / 2);
  const square = { left, top, side };
  const instances: SampleInstance[] = [];
  const refs: Uint8Array[] = [];
  const references = { ...noReferences };
  for (const candidate of kept) {
    const inside = clipTo(square, candidate.box);
    if (areaOf(inside) < options.keep * areaOf(candidate.box)) {
      dropped.crop = (dropped.crop ?? 0) + 1;
      continue;
    }
    const made = await makeInstance(work, candidate, donors);
    references[made.from]++;
    refs.push(made.webp);
    const box_xyxy_fraction = fractions(square, inside);
    const ref = instances.length;
    instances.push({ ...made.instance, box_xyxy_fraction, ref });
  }
  if (instances.length === 0) {
    return { refs: [], dropped, problems, references };
  }
  const hash = sha256(bytes);
  const original = options.originals === "none"
    ? undefined
    : await keepOriginal(work.picture, bytes, {
      folder: context.folder,
      form: options.originals,
      sha256: hash,
      pictures: context.pictures,
    });
  const pictures = await drawSquare(decoded, square, context);
  const sample = describe(work, square, { hash, original, instances });
  return { sample, ...pictures, refs, dropped, problems, references };
}

interface MadeInstance {
  readonly instance: Omit<SampleInstance, "box_xyxy_fraction" | "ref">;
  readonly webp: Uint8Array;
  readonly from: keyof ReferenceCounts;
}

async function makeInstance(
  work: Work,
  { instance, box }: Candidate,
  donors: PictureDonors | undefined,
): Promise<MadeInstance> {
  const { picture, decoded, context, problems } = work;
  const { options, masks: files } = context;
  const { id, category } = instance;
  const mask = await usableMask(instance, {
    picture,
    decoded,
    files,
    problems,
  });
  const area = instance.area ?? (mask ? rleArea(mask) : areaOf(box));
  const shared = { id, category, area, original: original(instance, mask) };
  const donated = await donatedReference(donors?.get(id) ?? [], context);
  if (donated) {
    const { webp, cutout, reference } = donated;
    return { instance: { ...shared, cutout, reference }, webp, from: "other" };
  }
  const cutout = mask !== undefined && options.cutouts;
  const webp = await encodeReference(decoded, box, {
    ...options,
    mask: cutout ? mask : undefined,
  });
  const from = donors ? "fallback" : "same";
  return { instance: { ...shared, cutout }, webp, from };
}

function describe(
  { picture, decoded, context }: Work,
  { left, top, side }: Square,
  { hash, original, instances }: {
    hash: string;
    original: string | undefined;
    instances: SampleInstance[];
  },
): Sample {
  return {
    key: picture.key,
    caption: picture.captions[0] ?? null,
    width: context.options.size,
    height: context.options.size,
    source: {
      dataset: context.dataset,
      id: picture.id,
      file: picture.file,
      url: picture.url,
      sha256: hash,
      original,
      width: decoded.width,
      height: decoded.height,
      crop: [left, top, side, side],
      rotation: decoded.turn,
    },
    licence: picture.licence,
    instances,
  };
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
