import { nested } from "../core/check_options.ts";
import {
  anyText,
  either,
  flag,
  type Kind,
  list,
  number,
  oneOf,
  text,
  whole,
} from "../core/kinds.ts";
import type { ControlEdges } from "./control_data.ts";
import {
  controlElsewhere,
  initElsewhere,
  styleElsewhere,
} from "./edit_schema.ts";
import { initKinds } from "./init_data.ts";
import type { Reference } from "./reference.ts";

/** A picture to begin on: image to image. */
export interface InitOptions {
  /** The picture, whose size the result takes in shape. */
  readonly image: Reference;
  /** How much of the run is taken, above 0 to 1: the higher, the less is left of the picture. @default {0.6} */
  readonly strength?: number;
  /** Seed by which the picture's latents are sampled. @default {their mean, which is nearest to the picture} */
  readonly seed?: number;
}

/** A picture of which a part is painted anew; every other pixel stays as it is. */
export interface InpaintOptions {
  /** The picture, whose size the result has. */
  readonly image: Reference;
  /** A mask of the picture's size: white is painted anew, black is kept. */
  readonly mask?: Reference;
  /** Instance, from 0, or instances whose boxes are painted anew, beside the mask. */
  readonly instance?: number | readonly number[];
  /** How much of the run is taken, above 0 to 1; below 1 the old content shines through. @default {1} */
  readonly strength?: number;
  /** Seed by which the picture's latents are sampled. @default {their mean} */
  readonly seed?: number;
  /** Width of the blend between painted and kept, in pixels of the picture. @default {a 64th of the shorter side} */
  readonly feather?: number;
  /** Pixels around the mask: only this part is painted, at the model's full resolution. @default {the whole picture is} */
  readonly padding?: number;
}

/** A network that reads a picture beside the latents: a ControlNet or a T2I-Adapter. */
export interface ControlOptions {
  /** Folder, single file or hub id of the network. */
  readonly model: string;
  /** Its picture, such as a pose or a depth map, in the shape of the result. */
  readonly image: Reference;
  /** Strength, 0 or more. @default {1} */
  readonly scale?: number;
  /** Part of the run from which it acts, 0 to 1. @default {0} */
  readonly start?: number;
  /** Part of the run up to which it acts, 0 to 1. @default {1} */
  readonly end?: number;
  /** Instance, from 0, whose region alone it acts in. @default {the whole picture} */
  readonly instance?: number;
  /** Whether it acts on the conditional branch alone (guess mode). @default {false} */
  readonly guess?: boolean;
  /** Takes edges of the picture: thin lines of Canny, or soft ones. @default {the picture as it is} */
  readonly edges?: ControlEdges;
  /** Whether its picture is −1 where the scene is painted anew (inpaint ControlNet). @default {false} */
  readonly masked?: boolean;
}

/** A style that the pictures of several scenes share. */
export interface StyleOptions {
  /** Caption of the style's picture, such as `a toy train, flat illustration`. */
  readonly caption: string;
  /** A photograph in the style, which the caption describes. @default {a picture made of the caption} */
  readonly image?: Reference;
  /** Seed of the picture that is made. @default {0} */
  readonly seed?: number;
}

/** Options of a run that change the scene. */
export interface EditOptions {
  /** A picture to begin on (image to image). */
  init?: InitOptions;
  /** A picture of which a part is painted anew. */
  inpaint?: InpaintOptions;
  /** Networks that read a picture beside the latents. */
  controls?: readonly ControlOptions[];
  /** A style that the picture shares with others; it needs the adapter `style-aligned`. */
  style?: StyleOptions;
}

const picture: Kind = {
  must: "a path, a URL, the bytes of a picture, or a picture",
  is: (value) => typeof value === "string" || typeof value === "object",
};

const { strength, seed, feather, padding } = initKinds as Record<string, Kind>;
const instance = whole({ min: 0 });

const control = nested<ControlOptions>({
  must: "an object such as { model, image, scale }",
  needed: ["model", "image"],
  fields: {
    model: text("a folder, a file or a hub id"),
    image: picture,
    scale: number({ min: 0, max: 1000 }),
    start: number({ min: 0, max: 1 }),
    end: number({ min: 0, max: 1 }),
    instance,
    guess: flag,
    edges: oneOf(["canny", "soft"]),
    masked: flag,
  },
  elsewhere: controlElsewhere,
});

/** Names that people try for a part of a picture, which `init` paints as a whole. */
const ofParts = ["mask", "feather", "padding"];
const parts = (name: string) => ofParts.includes(name);

const wholeElsewhere = Object.fromEntries(
  Object.entries(initElsewhere).filter(([, name]) => !parts(name)),
);
const wholeInstead = Object.fromEntries(
  [
    ...ofParts,
    "instance",
    ...Object.entries(initElsewhere).flatMap(([tried, name]) =>
      parts(name) ? [tried] : []
    ),
  ].map((name) => [name, "inpaint, which paints a part of the picture"]),
);

/** Kinds of {@linkcode EditOptions}. */
export const editKinds: {
  readonly [K in keyof Required<EditOptions>]: Kind;
} = {
  init: nested<InitOptions>({
    must: "an object such as { image, strength }",
    needed: ["image"],
    fields: { image: picture, strength: strength!, seed: seed! },
    elsewhere: wholeElsewhere,
    instead: wholeInstead,
  }),
  inpaint: nested<InpaintOptions>({
    must: "an object such as { image, mask }",
    needed: ["image"],
    fields: {
      image: picture,
      mask: picture,
      instance: either(instance, list("a list of instances", instance)),
      strength: strength!,
      seed: seed!,
      feather: feather!,
      padding: padding!,
    },
    elsewhere: initElsewhere,
  }),
  style: nested<StyleOptions>({
    must: "an object such as { caption, image }",
    needed: ["caption"],
    fields: { caption: anyText, image: picture, seed: seed! },
    elsewhere: styleElsewhere,
  }),
  controls: {
    must: "a list of controls, such as [{ model, image }]",
    is: Array.isArray,
    inside: (value: readonly unknown[], name: string) => {
      value.forEach((one, i) => {
        const label = name.replace(/controls?/, (word) => `${word}[${i}]`);
        if (!control.is(one)) {
          throw new TypeError(`${label} must be ${control.must}`);
        }
        control.inside?.(one as never, label);
      });
    },
  },
};
