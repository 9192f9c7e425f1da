import {
  drawLayer,
  emptyLayer,
  type Layer,
  layerPlanes,
  resizeLayer,
} from "../../train/pocket/stages/layer.ts";
import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { pixelBox } from "../../lib/images/composite.ts";
import { plainBackdrop } from "../../train/pocket/studio/backdrop.ts";
import type { StudioScene } from "../../train/pocket/studio/studio_scene.ts";
import type { ControlScene } from "./control_scene.ts";
import { moved, turned } from "./displaced.ts";

/** A way to a picture that no model of pictures takes. */
export interface Control {
  readonly name: string;
  /** The picture of scene `index`, `[3, height, width]`, 0..1. */
  readonly draw: (
    scenes: readonly ControlScene[],
    index: number,
  ) => Float32Array;
}

const of =
  (draw: (scene: ControlScene) => Float32Array): Control["draw"] =>
  (scenes, index) => draw(scenes[index]!);

/**
 * Pictures whose scores say what a ruler sees. A good model lies above all pastes, and a ruler is
 * good where pastes, silhouettes and pictures of other scenes lie far below the truth.
 */
export const controls: readonly Control[] = [
  { name: "truth", draw: of(({ picture }) => picture) },
  {
    name: "truth, blurred 2 px",
    draw: of(({ picture, size }) => blurred(picture, size, 2)),
  },
  { name: "truth, moved 1 px", draw: of((scene) => moved(scene, 1)) },
  { name: "truth, moved 2 px", draw: of((scene) => moved(scene, 2)) },
  { name: "truth, turned 2°", draw: of((scene) => turned(scene, 2)) },
  { name: "truth, turned 5°", draw: of((scene) => turned(scene, 5)) },
  { name: "paste on the caption's colour", draw: of((scene) => paste(scene)) },
  {
    name: "paste, blurred 1 px",
    draw: of((scene) => blurred(paste(scene), scene.size, 1)),
  },
  {
    name: "paste, blurred 2 px",
    draw: of((scene) => blurred(paste(scene), scene.size, 2)),
  },
  {
    name: "paste on the caption's ground",
    draw: of((scene) => pasteOn(planesLayer(scene.empty, scene.size), scene)),
  },
  {
    name: "silhouettes in the mean colour",
    draw: of(silhouettes),
  },
  {
    name: "boxes in the mean colour",
    draw: of((scene) => paste(scene, filledBox)),
  },
  {
    name: "the caption's ground alone",
    draw: of(({ empty }) => empty),
  },
  {
    name: "truth of another scene",
    draw: (scenes, index) => anotherOf(scenes, index).picture,
  },
];

/** The next scene of the same size, which may be the only one. */
function anotherOf<S extends Pick<StudioScene, "size">>(
  scenes: readonly S[],
  index: number,
): S {
  const { width, height } = scenes[index]!.size;
  const later = [...scenes.slice(index + 1), ...scenes.slice(0, index + 1)];
  return later.find(({ size }) =>
    size.width === width && size.height === height
  )!;
}

/** The references in one colour each, in their boxes: the least that shows where objects are. */
export function silhouettes(scene: StudioScene): Float32Array {
  return paste(scene, silhouette);
}

function paste(
  scene: StudioScene,
  change?: (layer: Layer) => Layer,
): Float32Array {
  return pasteOn(plainBackdrop(scene.size, scene.ground), scene, change);
}

function pasteOn(
  ground: Layer,
  { objects, size }: StudioScene,
  change = (layer: Layer) => layer,
): Float32Array {
  for (const { layer, box } of objects) {
    const { x, y, width, height } = placeOf(box, size);
    drawLayer(ground, change(resizeLayer(layer, width, height)), x, y);
  }
  return layerPlanes(ground);
}

/** The box on the pixel grid, inside the picture. */
function placeOf(box: FractionBox, size: Size) {
  return pixelBox(box, size);
}

function silhouette(layer: Layer): Layer {
  return inMeanColour(layer, (alpha) => alpha);
}

function filledBox(layer: Layer): Layer {
  return inMeanColour(layer, () => 1);
}

function inMeanColour(
  { width, height, data }: Layer,
  alphaOf: (alpha: number) => number,
): Layer {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i % 4]! += data[i]!;
  const filled = data.map((_, i) => {
    const alpha = alphaOf(data[i - i % 4 + 3]!);
    return i % 4 === 3 ? alpha : alpha * sums[i % 4]! / sums[3]!;
  });
  return { width, height, data: filled };
}

/** An opaque layer of a picture's planes. */
function planesLayer(planes: Float32Array, { width, height }: Size): Layer {
  const layer = emptyLayer(width, height), cells = width * height;
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) layer.data[i * 4 + c] = planes[c * cells + i]!;
    layer.data[i * 4 + 3] = 1;
  }
  return layer;
}

/** The picture convolved with a Gaussian; edges are repeated. */
function blurred(
  planes: Float32Array,
  { width, height }: Size,
  deviation: number,
): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from(
    { length: 2 * reach + 1 },
    (_, i) => Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const sum = weights.reduce((a, b) => a + b, 0);
  const along = (values: Float32Array, step: number, length: number) =>
    values.map((_, i) => {
      const at = Math.floor(i / step) % length;
      let value = 0;
      for (let k = -reach; k <= reach; k++) {
        const place = Math.min(length - 1, Math.max(0, at + k));
        value += weights[k + reach]! * values[i + (place - at) * step]!;
      }
      return value / sum;
    });
  return along(along(planes, 1, width), width, height);
}
