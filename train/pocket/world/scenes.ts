/** Scenes of the pocket world, made on the fly: the same for the same random stream everywhere. */

import type { FractionBox } from "../../../lib/core/geometry.ts";
import type { Random } from "../../../lib/core/random.ts";
import { drawGround } from "./grounds.ts";
import {
  cropLayer,
  drawLayer,
  emptyLayer,
  jitterLayer,
  type Layer,
  layerPlanes,
  resizeLayer,
} from "../stages/layer.ts";
import { type PocketObject, pocketObjects } from "./objects.ts";
import { loadSprites } from "./sprites.ts";

/** Objects with their pictures. */
export interface PocketWorld {
  readonly objects: readonly PocketObject[];
  readonly sprites: readonly Layer[];
}

/** One object in a scene. */
export interface PlacedObject {
  /** Place in the world's list. */
  readonly index: number;
  readonly box: FractionBox;
  /** The reference, stretched to a square, cut out on black or with its surroundings: `[3, side, side]`, 0..1. */
  readonly reference: Float32Array;
  /** The reference as it is, with its alpha where it is cut out. */
  readonly layer: Layer;
}

/** A picture with everything that it was made of. */
export interface PocketScene {
  readonly caption: string;
  /** `[3, side, side]`, 0..1. */
  readonly picture: Float32Array;
  /** Composite image of the references on black, `[3, side, side]`, 0..1. */
  readonly composite: Float32Array;
  readonly objects: readonly PlacedObject[];
}

/** Options of {@linkcode drawScene}. */
export interface DrawSceneOptions {
  /** Which objects may occur. @default {"training"} */
  readonly split?: "training" | "heldOut" | "all";
  /** Whether references are cut out (IS), or show what lies around them. @default {true} */
  readonly is?: boolean;
  /** Side of the picture in pixels. @default {64} */
  readonly side?: number;
  /** Most objects in a scene. @default {4} */
  readonly most?: number;
}

/**
 * Loads all objects and their pictures.
 *
 * @param side longer side of the pictures, in pixels. @default {96}
 */
export async function loadPocketWorld(side = 96): Promise<PocketWorld> {
  const objects = await pocketObjects();
  return { objects, sprites: await loadSprites(objects, side) };
}

/** The places, in the world's list, of the objects of a split. */
export function splitOf(
  world: PocketWorld,
  split: "training" | "heldOut" | "all",
): number[] {
  return world.objects.flatMap(({ heldOut }, i) =>
    split === "all" || heldOut === (split === "heldOut") ? [i] : []
  );
}

/** Draws one scene: a ground, one to four objects with jitter and little overlap, a caption. */
export function drawScene(
  world: PocketWorld,
  random: Random,
  options: DrawSceneOptions = {},
): PocketScene {
  const { split = "training", is = true, side = 64, most = 4 } = options;
  const allowed = splitOf(world, split);
  const ground = drawGround(random.fork("ground"), side);
  const wanted = 1 + random.integer(most);
  const picture: Layer = { ...ground.layer, data: ground.layer.data.slice() };
  const composite = emptyLayer(side, side);
  const placed: { index: number; layer: Layer; place: Rectangle }[] = [];
  for (let i = 0; i < wanted; i++) {
    const own = random.fork("object", i);
    const index = allowed[own.integer(allowed.length)]!;
    const layer = jitterLayer(world.sprites[index]!, drawJitter(own));
    const place = findPlace(own, layer, {
      side,
      wanted,
      taken: placed.map((one) => one.place),
    });
    if (place === undefined) continue;
    placed.push({ index, layer, place });
    const drawn = resizeLayer(layer, place.width, place.height);
    drawLayer(picture, drawn, place.x, place.y);
    drawLayer(composite, drawn, place.x, place.y);
  }
  if (!is) {
    for (const { place } of placed) {
      drawLayer(composite, cropLayer(picture, place), place.x, place.y);
    }
  }
  const names = placed.map(({ index }) => world.objects[index]!.name);
  return {
    caption: captionOf(random.fork("caption"), names, ground.words),
    picture: layerPlanes(picture),
    composite: layerPlanes(composite),
    objects: placed.map(({ index, layer, place }) => {
      const shown = is ? layer : cropLayer(picture, place);
      const reference = layerPlanes(resizeLayer(shown, side, side));
      return { index, box: fractionBox(place, side), reference, layer: shown };
    }),
  };
}

/** A box in whole pixels. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function fractionBox(
  { x, y, width, height }: Rectangle,
  side: number,
): FractionBox {
  return {
    x0: x / side,
    y0: y / side,
    x1: (x + width) / side,
    y1: (y + height) / side,
  };
}

/** Flip, a turn within 10° and a little colour. */
function drawJitter(random: Random) {
  const gain = () => 0.88 + 0.24 * random.uniform();
  return {
    flip: random.chance(0.5),
    angle: random.chance(0.5) ? (random.uniform() - 0.5) * Math.PI / 9 : 0,
    gains: [gain(), gain(), gain()] as const,
  };
}

/** How often a place is tried before the object is left out. */
const tries = 20;

/** A place that covers no other object by more than a tenth. */
function findPlace(
  random: Random,
  layer: Layer,
  scene: { side: number; wanted: number; taken: readonly Rectangle[] },
): Rectangle | undefined {
  const { side, wanted, taken } = scene;
  const largest = [0.75, 0.6, 0.5, 0.45][wanted - 1]!;
  for (let i = 0; i < tries; i++) {
    const longer = side * (0.3 + (largest - 0.3) * random.uniform());
    const scale = longer / Math.max(layer.width, layer.height);
    const width = Math.max(4, Math.round(layer.width * scale));
    const height = Math.max(4, Math.round(layer.height * scale));
    const x = random.integer(side - width + 1),
      y = random.integer(side - height + 1);
    const place = { x, y, width, height };
    if (taken.every((other) => overlap(place, other) < 0.1)) return place;
  }
  return undefined;
}

/** Shared area as a part of the smaller rectangle. */
function overlap(a: Rectangle, b: Rectangle): number {
  const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (across <= 0 || down <= 0) return 0;
  return across * down / Math.min(a.width * a.height, b.width * b.height);
}

const templates = [
  (things: string, ground: string) => `${things} on a ${ground} background`,
  (things: string, ground: string) => `${things}, ${ground} background`,
  (things: string, ground: string) => `a picture of ${things} on ${ground}`,
];

/** The words of captions beside those for objects and grounds. */
export const templateWords: readonly string[] = [
  ...templates.map((template) => template("a", "an")),
  "and",
];

function captionOf(
  random: Random,
  names: readonly string[],
  ground: string,
): string {
  const things = names.map((name) =>
    `${/^[aeiou]/.test(name) ? "an" : "a"} ${name}`
  );
  return templates[random.integer(templates.length)]!(
    things.join(" and "),
    ground,
  );
}
