/**
 * Scenes of the studio, the world of the pocket family on 128 pixels.
 *
 * The picture differs from its references, and the scene says how: it shows each object upright, in
 * full, in the light that the caption names, with a shadow. A reference shows it turned, in
 * perspective, cut off, in other light. So a model must draw objects, and a paste of the references
 * is not the picture. All that nothing foretells, such as a mirror image, is the same in both.
 */

import type { Random } from "../../../lib/core/random.ts";
import {
  drawLayer,
  emptyLayer,
  type Layer,
  layerPlanes,
  resizeLayer,
} from "../stages/layer.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import type { Backdrop } from "./backdrop.ts";
import { type Light, shadeLayer } from "./light.ts";
import { photograph, withSurroundings } from "./reference.ts";
import {
  type OutlinedObject,
  outlineOf,
  type Planned,
  planScene,
  type SceneOutline,
  type ScenePlan,
  type StudioOptions,
} from "./scene_plan.ts";
import { placeInSquare } from "../../../lib/weights/square_fit.ts";
import { castShadow } from "./shadow.ts";

/** One object of a scene that has a reference. */
export interface StudioObject extends OutlinedObject {
  /** The reference, stretched to a square over black, `[3, referenceSide, referenceSide]`, 0..1. */
  readonly reference: Float32Array;
  /** The reference as it is, with its alpha where it is cut out. */
  readonly layer: Layer;
}

/** A picture with everything that it was made of. */
export interface StudioScene extends SceneOutline {
  /** `[3, height, width]`, 0..1. */
  readonly picture: Float32Array;
  /** Composite image of the references on black, `[3, height, width]`, 0..1. */
  readonly composite: Float32Array;
  /** The composite image as the encoder sees it, `[3, referenceSide, referenceSide]`, 0..1. */
  readonly encoded: Float32Array;
  readonly objects: readonly StudioObject[];
}

/** Longer side in pixels that sprites of the studio are loaded at: more than they are drawn at. */
export const studioSprites = 144;
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

/** Reference `z` of {@linkcode drawStudioScene} alone, stretched to a square over black, 0..1. */
export function drawStudioReference(
  world: PocketWorld,
  stream: Random,
  { z, ...options }: StudioOptions & { readonly z: number },
): Float32Array {
  const plan = planScene(world, stream, options);
  return squareOf(drawReference(plan, stream, z, options), options);
}

/** The composite image of {@linkcode drawStudioScene} alone, `[3, height, width]`, 0..1. */
export function drawStudioComposite(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): Float32Array {
  const plan = planScene(world, stream, options);
  const layers = plan.objects.map((_, z) =>
    drawReference(plan, stream, z, options)
  );
  return layerPlanes(compositeOf(plan, layers));
}

/** Draws one scene, the same for the same stream. */
export function drawStudioScene(
  world: PocketWorld,
  stream: Random,
  options: StudioOptions = {},
): StudioScene {
  const plan = planScene(world, stream, options);
  const outline = outlineOf(world, stream, plan);
  const layers = plan.objects.map((_, z) =>
    drawReference(plan, stream, z, options)
  );
  const composite = compositeOf(plan, layers);
  return {
    ...outline,
    picture: layerPlanes(drawTruth(plan)),
    composite: layerPlanes(composite),
    encoded: squareOf(
      options.compositeFit === "contain"
        ? inSquare(composite, options)
        : composite,
      options,
    ),
    objects: outline.objects.map((one, z) => {
      const layer = layers[z]!;
      return { ...one, reference: squareOf(layer, options), layer };
    }),
  };
}

function drawReference(
  { objects }: ScenePlan,
  stream: Random,
  z: number,
  { is = true, referenceSide = 128 }: StudioOptions,
): Layer {
  const own = stream.fork("reference", z);
  // a margin of 8, since a turned object is larger
  const side = referenceSide - 8;
  const photo = photograph(objects[z]!.sprite, own.fork("photo"), { side });
  return is ? photo : withSurroundings(photo, own.fork("around"));
}

/** The layer in the middle of an empty square, by whole cells of the latents. */
function inSquare(layer: Layer, { cell = 8 }: StudioOptions): Layer {
  const { side, x, y } = placeInSquare(layer, cell);
  const square = emptyLayer(side, side);
  drawLayer(square, layer, x, y);
  return square;
}

function squareOf(
  layer: Layer,
  { referenceSide: side = 128 }: StudioOptions,
): Float32Array {
  return layerPlanes(resizeLayer(layer, side, side));
}

function compositeOf(
  { size, objects }: ScenePlan,
  layers: readonly Layer[],
): Layer {
  const composite = emptyLayer(size.width, size.height);
  for (const [z, { place }] of objects.entries()) {
    const { width, height, x, y } = place;
    drawLayer(composite, resizeLayer(layers[z]!, width, height), x, y);
  }
  return composite;
}

function drawTruth({ ground, light, objects, extra }: ScenePlan): Layer {
  const picture = shadeLayer(ground.draw(), { light, fall: fall.ground });
  const all = extra === undefined ? objects : [extra, ...objects];
  for (const one of all) stand(picture, one, { light, ground });
  return picture;
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
