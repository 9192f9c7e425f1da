/**
 * Scenes of the studio, the world of the pocket family on 128 pixels.
 *
 * The picture differs from its references, and the scene says how: it shows each object upright, in
 * full, in the light that the caption names, with a shadow. A reference shows it turned, in
 * perspective, cut off, in other light. So a model must draw objects, and a paste of the references
 * is not the picture. All that nothing foretells, such as a mirror image, is the same in both.
 */

import type { FractionBox, Size } from "../../../lib/core/geometry.ts";
import type { Random } from "../../../lib/core/random.ts";
import {
  drawLayer,
  emptyLayer,
  type Layer,
  layerPlanes,
  resizeLayer,
} from "../stages/layer.ts";
import { type PocketWorld, splitOf } from "../world/scenes.ts";
import { type Backdrop, drawBackdrop } from "./backdrop.ts";
import { writeCaption } from "./captions.ts";
import { drawLight, type Light, shadeLayer } from "./light.ts";
import {
  findPlace,
  fractionBox,
  type Place,
  shared,
  spotPlace,
  spots,
} from "./places.ts";
import { photograph, withSurroundings } from "./reference.ts";
import { castShadow } from "./shadow.ts";
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

/** One object of a scene that has a reference. */
export interface StudioObject extends OutlinedObject {
  /** The reference, stretched to a square over black, `[3, referenceSide, referenceSide]`, 0..1. */
  readonly reference: Float32Array;
  /** The reference as it is, with its alpha where it is cut out. */
  readonly layer: Layer;
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

/** A picture with everything that it was made of. */
export interface StudioScene extends SceneOutline {
  /** `[3, height, width]`, 0..1. */
  readonly picture: Float32Array;
  /** Composite image of the references on black, `[3, height, width]`, 0..1. */
  readonly composite: Float32Array;
  readonly objects: readonly StudioObject[];
}

/** Options of {@linkcode drawStudioScene}. */
export interface StudioOptions {
  /** Which objects may have references. @default {"training"} */
  readonly split?: "training" | "heldOut" | "all";
  /** Whether references are cut out (IS), or show what lies around them. @default {true} */
  readonly is?: boolean;
  /** Size of the picture in pixels. @default {128 × 128} */
  readonly size?: Size;
  /** Side of the squares that references are stretched to, in pixels. @default {128} */
  readonly referenceSide?: number;
  /** Most objects with references. @default {4} */
  readonly most?: number;
}

/** Longer side in pixels that sprites of the studio are loaded at: more than they are drawn at. */
export const studioSprites = 144;
/** How often boxes may overlap, how much of the smaller one then, and how much otherwise. */
const crowded = { chance: 0.4, overlap: 0.35, otherwise: 0.05 } as const;
/** How often the caption names an object that has no reference. */
const unreferenced = 0.2;
/** How much brighter the side of the light is than the middle, on objects and on the ground. */
const fall = { object: 0.3, ground: 0.16 } as const;

/** Draws the picture of one scene alone, `[3, height, width]`, 0..1: that of {@linkcode drawStudioScene}. */
export function drawStudioPicture(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): Float32Array {
  return layerPlanes(drawTruth(planScene(world, stream, options)));
}

/** The ground of {@linkcode drawStudioScene} in its light, without objects, `[3, height, width]`, 0..1. */
export function drawStudioGround(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): Float32Array {
  const { extra: _, ...plan } = planScene(world, stream, options);
  return layerPlanes(drawTruth({ ...plan, objects: [], extra: undefined }));
}

/** All of {@linkcode drawStudioScene} but the pictures, which take most of the time. */
export function outlineStudioScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): SceneOutline {
  return outlineOf(world, stream, planScene(world, stream, options));
}

/** Draws one scene, the same for the same stream. */
export function drawStudioScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): StudioScene {
  const plan = planScene(world, stream, options);
  const { is = true, referenceSide = 128 } = options;
  const outline = outlineOf(world, stream, plan);
  const composite = emptyLayer(plan.size.width, plan.size.height);
  const objects = plan.objects.map(({ place, sprite }, z) => {
    const own = stream.fork("reference", z);
    // a margin of 8, since a turned object is larger
    const side = referenceSide - 8;
    const photo = photograph(sprite, own.fork("photo"), { side });
    const layer = is ? photo : withSurroundings(photo, own.fork("around"));
    const { width, height, x, y } = place;
    drawLayer(composite, resizeLayer(layer, width, height), x, y);
    const square = resizeLayer(layer, referenceSide, referenceSide);
    return { ...outline.objects[z]!, reference: layerPlanes(square), layer };
  });
  return {
    ...outline,
    picture: layerPlanes(drawTruth(plan)),
    composite: layerPlanes(composite),
    objects,
  };
}

function outlineOf(
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
interface ScenePlan {
  readonly size: Size;
  readonly ground: Backdrop;
  readonly light: Light;
  readonly objects: readonly Planned[];
  /** The object that only the caption names. */
  readonly extra: (Planned & { readonly spot: string }) | undefined;
}

function planScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions,
): ScenePlan {
  const { size = { width: 128, height: 128 }, split = "training", most = 4 } =
    options;
  const ground = drawBackdrop(stream.fork("backdrop"), size);
  const light = drawLight(stream.fork("light"));
  const objects = planObjects(world, stream, { split, size, most });
  const extra = planCaptionObject(world, stream.fork("extra"), {
    size,
    planned: objects,
  });
  return { size, ground, light, objects, extra };
}

function drawTruth({ ground, light, objects, extra }: ScenePlan): Layer {
  const picture = shadeLayer(ground.draw(), { light, fall: fall.ground });
  const all = extra === undefined ? objects : [extra, ...objects];
  for (const one of all) stand(picture, one, { light, ground });
  return picture;
}

/** An object that will be drawn, mirrored or not. */
interface Planned {
  readonly index: number;
  readonly sprite: Layer;
  readonly place: Place;
}

function planObjects(
  world: PocketWorld,
  stream: Random,
  { split, size, most }: {
    split: "training" | "heldOut" | "all";
    size: Size;
    most: number;
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
    const place = findPlace(own, sprite, { size, wanted, taken, overlap });
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

/** Draws an object with its shadow. */
function stand(
  picture: Layer,
  { sprite, place }: Planned,
  { light, ground }: { light: Light; ground: Backdrop },
): void {
  const sized = resizeLayer(sprite, place.width, place.height);
  const lit = shadeLayer(sized, {
    light,
    fall: fall.object,
    ground: ground.colour,
  });
  castShadow(picture, lit, { ...place, light });
  drawLayer(picture, lit, place.x, place.y);
}
