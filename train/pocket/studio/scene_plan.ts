/** All that is decided of a scene before anything of it is drawn. */

import type { FractionBox, Size } from "../../../lib/core/geometry.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { SquareFit } from "../../../lib/weights/square_fit.ts";
import type { Layer } from "../stages/layer.ts";
import {
  type PocketWorld,
  type Split,
  splitOf,
} from "../objects/pocket_world.ts";
import { type Backdrop, drawBackdrop } from "./backdrop.ts";
import { writeCaption } from "./captions.ts";
import { drawLight, type Light } from "./light.ts";
import {
  findPlace,
  fractionBox,
  type Place,
  shared,
  spotPlace,
  spots,
} from "./places.ts";
import { mirrorLayer } from "./warp.ts";

/** One object of a scene that has a reference, before it is drawn. */
export interface OutlinedObject {
  /** Place in the world's list. */
  readonly index: number;
  /** The box around the whole object, hidden parts too. */
  readonly box: FractionBox;
  /** Depth: later objects hide earlier ones. */
  readonly z: number;
}

/** An object that only the caption names. */
export interface CaptionObject {
  /** Place in the world's list. */
  readonly index: number;
  readonly box: FractionBox;
}

/** All of a scene but its pictures. */
export interface SceneOutline {
  readonly size: Size;
  readonly caption: string;
  /** Words of the ground, a part of the caption. */
  readonly ground: string;
  readonly objects: readonly OutlinedObject[];
  readonly captionObjects: readonly CaptionObject[];
}

/** Options of `drawStudioScene`. */
export interface StudioOptions {
  /** Which objects may have references. @default {"training"} */
  readonly split?: Split;
  /** Whether references are cut out (IS), or show what lies around them. @default {true} */
  readonly is?: boolean;
  /** Size of the picture in pixels. @default {128 × 128} */
  readonly size?: Size;
  /** Side of the squares that references are stretched to, in pixels. @default {128} */
  readonly referenceSide?: number;
  /** How the composite image lies in the encoder's square. @default {"stretch"} */
  readonly compositeFit?: SquareFit;
  /** Pixels along the side of a cell of the latents. @default {8} */
  readonly cell?: number;
  /** Most objects with references. @default {4} */
  readonly most?: number;
  /** Whether a caption may name an object that has no reference. @default {true} */
  readonly captionObjects?: boolean;
  /** Size of objects with boxes, of the usual. @default {1} */
  readonly objectScale?: number;
}

/** Size of scenes, in pixels, where no other is named. */
const studioSize: Size = { width: 128, height: 128 };
/** How often boxes may overlap, how much of the smaller one then, and how much otherwise. */
const crowded = { chance: 0.4, overlap: 0.35, otherwise: 0.05 } as const;
/** How often the caption names an object that has no reference. */
const unreferenced = 0.2;
/** All of `drawStudioScene` but the pictures, which take most of the time. */
export function outlineStudioScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): SceneOutline {
  return outlineOf(world, stream, planScene(world, stream, options));
}

/** The outline of a plan. */
export function outlineOf(
  world: PocketWorld,
  stream: Random,
  { size, ground, light, objects, extra }: ScenePlan,
): SceneOutline {
  const things = objects.map(({ index }) => world.objects[index]!.name);
  const named = extra === undefined
    ? things
    : [...things, `${world.objects[extra.index]!.name} ${extra.spot}`];
  const words = { things: named, ground: ground.words, light: light.words };
  return {
    size,
    caption: writeCaption(stream.fork("caption"), words),
    ground: ground.words,
    objects: objects.map(({ index, place }, z) => ({
      ...{ index, z },
      box: fractionBox(place, size),
    })),
    captionObjects: extra === undefined
      ? []
      : [{ index: extra.index, box: fractionBox(extra.place, size) }],
  };
}

/** All that is decided before anything is drawn. */
export interface ScenePlan {
  readonly size: Size;
  readonly ground: Backdrop;
  readonly light: Light;
  readonly objects: readonly Planned[];
  /** The object that only the caption names. */
  readonly extra: (Planned & { readonly spot: string }) | undefined;
}

/** Decides all of a scene. */
export function planScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions,
): ScenePlan {
  const { size = studioSize, split = "training", most = 4 } = options;
  const ground = drawBackdrop(stream.fork("backdrop"), size);
  const light = drawLight(stream.fork("light"));
  const scale = options.objectScale;
  const objects = planObjects(world, stream, { split, size, most, scale });
  const extra = options.captionObjects === false
    ? undefined
    : planCaptionObject(world, stream.fork("extra"), {
      size,
      planned: objects,
    });
  return { size, ground, light, objects, extra };
}

/** An object that will be drawn, mirrored or not. */
export interface Planned {
  readonly index: number;
  readonly sprite: Layer;
  readonly place: Place;
}

function planObjects(
  world: PocketWorld,
  stream: Random,
  { split, most, ...space }: {
    split: Split;
    size: Size;
    most: number;
    scale?: number;
  },
): Planned[] {
  const allowed = splitOf(world, split);
  const wanted = 1 + stream.integer(most);
  const overlap = stream.chance(crowded.chance)
    ? crowded.overlap
    : crowded.otherwise;
  const planned: Planned[] = [];
  for (let i = 0; i < wanted; i++) {
    const own = stream.fork("object", i);
    const index = allowed[own.integer(allowed.length)]!;
    if (planned.some((one) => one.index === index)) continue;
    const sprite = mirrored(world.sprites[index]!, own);
    const taken = planned.map((one) => one.place);
    const place = findPlace(own, sprite, { ...space, wanted, taken, overlap });
    if (place !== undefined) planned.push({ index, sprite, place });
  }
  return planned;
}

/** An object of training that the caption alone names, at a spot that is free. */
function planCaptionObject(
  world: PocketWorld,
  stream: Random,
  { size, planned }: { size: Size; planned: readonly Planned[] },
): Planned & { spot: string } | undefined {
  if (!stream.chance(unreferenced)) return undefined;
  const allowed = splitOf(world, "training");
  const index = allowed[stream.integer(allowed.length)]!;
  const sprite = world.sprites[index]!;
  const names = Object.keys(spots);
  const first = stream.integer(names.length);
  for (let i = 0; i < names.length; i++) {
    const spot = names[(first + i) % names.length]!;
    const place = spotPlace(sprite, spot, size);
    const free = planned.every((one) => shared(place, one.place) === 0);
    if (free && place.x >= 0 && place.y >= 0) {
      return { index, sprite, place, spot };
    }
  }
  return undefined;
}

function mirrored(sprite: Layer, stream: Random): Layer {
  return stream.chance(0.5) ? mirrorLayer(sprite) : sprite;
}
