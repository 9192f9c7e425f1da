/** Options of `dataset build` that do not depend on the source. */

import {
  choice,
  needed,
  number,
  option,
  text,
  toggle,
  type Values,
  whole,
} from "../../lib/core/command/option.ts";
import { backendOption } from "../../lib/pipeline/options/command_options.ts";
import { captionerDefaults, type CaptionerOptions } from "./build/captioner.ts";
import {
  originalForms,
  pictureDefaults,
  type PictureOptions,
  referenceSources,
} from "./options.ts";
import { indexFormats } from "./read/index_file.ts";

/** Files of every build. */
export const fileOptions = {
  images: needed(text("DIR|ZIP", "the pictures")),
  output: needed(text("DIR", "folder of the data set", { short: "o" })),
};

const side = { min: 16, max: 4096 };
const fraction = { min: 0, max: 1 };

/** Options of every build: which instances are kept, and what is written. */
export const buildOptions = {
  classes: option(
    {
      must: "names with commas between",
      parse: (given) => given.split(",").map((name) => name.trim()),
    },
    "only these classes",
    { value: "A,B" },
  ),
  minArea: number("least area of a box, as a fraction of the picture", {
    ...{ ...fraction, default: pictureDefaults.minArea },
  }),
  minSide: number("least side of a box in pixels", {
    ...{ min: 0, default: pictureDefaults.minSide },
  }),
  maxAspect: number("largest ratio of a box's sides", {
    ...{ min: 1, default: pictureDefaults.maxAspect },
  }),
  maxOverlap: number("largest IoU with a larger instance", {
    ...{ ...fraction, default: pictureDefaults.maxOverlap },
  }),
  minSharpness: number("least variance of the Laplacian inside the box", {
    ...{ min: 0, default: pictureDefaults.minSharpness },
  }),
  maxInstances: whole("most instances of a picture; the largest are kept", {
    ...{ min: 1, default: pictureDefaults.maxInstances },
  }),
  dropTruncated: toggle("drop instances that go on outside the picture"),
  keep: number("least part of a box that the centre crop leaves", {
    ...{ ...fraction, default: pictureDefaults.keep },
  }),
  size: whole("side of the training pictures", {
    ...{ ...side, default: pictureDefaults.size },
  }),
  refSize: whole("longest side of the references", {
    ...{ ...side, default: pictureDefaults.refSize },
  }),
  margin: number("margin around a reference, as a fraction of its box", {
    ...{ min: 0, max: 10, default: pictureDefaults.margin },
  }),
  noCutouts: toggle("write references without alpha from masks"),
  reference: choice(
    referenceSources,
    "the instance itself, or another one of its class in another picture of the split; where none will do it is the instance itself, which is counted",
    { value: "WHICH", default: pictureDefaults.reference },
  ),
  originals: choice(
    originalForms,
    "keep the pictures as they were in originals/, named by their SHA-256; hard links where the file system has them",
    { value: "HOW", default: pictureDefaults.originals },
  ),
  index: choice(indexFormats, "format of the list of samples", {
    value: "FORMAT",
    default: "jsonl",
  }),
  quality: whole("quality of JPEG and WebP", {
    ...{ min: 1, max: 100, default: pictureDefaults.quality },
  }),
  captions: text("HOW", "blip or none", { default: "none" }),
  captioner: text("MODEL", "BLIP's folder or repository", {
    otherwise: captionerDefaults.model,
  }),
  beams: whole("beams of the captioner; 1 is greedy", {
    ...{ min: 1, otherwise: `${captionerDefaults.beams}` },
  }),
  prompt: text("TEXT", "words that each caption begins with"),
  backend: backendOption,
  shardSize: whole("pictures a shard", { min: 1, default: 500 }),
  validation: number("part of the pictures in the validation split", {
    ...{ ...fraction, default: 0 },
  }),
  seed: whole("changes which pictures those are", {
    ...{ min: -Infinity, default: 0 },
  }),
  threads: whole("worker threads", {
    ...{ min: 1, otherwise: "the number of cores" },
  }),
  strict: toggle("stop at the first problem"),
  json: toggle("print the report as JSON"),
};

/** Values of a build's command line, but for those of its source. */
export type Given =
  & Values<typeof fileOptions>
  & Values<typeof buildOptions>;

/** Filters, and how samples are drawn. @param selects Whether the source selects the classes itself. */
export function pictureOptions(
  values: Given,
  selects: boolean,
): PictureOptions {
  const { size, quality, refSize, margin, keep, reference, originals } = values;
  const { minArea, minSide, maxAspect, maxOverlap, minSharpness } = values;
  const { maxInstances, dropTruncated, noCutouts } = values;
  return {
    ...pictureDefaults,
    ...{ size, quality, refSize, margin, keep, reference, originals },
    ...{ minArea, minSide, maxAspect, maxOverlap, minSharpness },
    ...{ maxInstances, dropTruncated, cutouts: !noCutouts },
    classes: selects ? undefined : values.classes,
  };
}

/** Options of the captioner, where captions are requested of it. */
export function captionOptions(
  values: Given,
): CaptionerOptions | undefined {
  if (values.captions !== "blip") return undefined;
  return {
    ...captionerDefaults,
    model: values.captioner ?? captionerDefaults.model,
    prompt: values.prompt ?? captionerDefaults.prompt,
    backend: values.backend ?? captionerDefaults.backend,
    beams: values.beams ?? captionerDefaults.beams,
  };
}
