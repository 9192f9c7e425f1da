import { basename, extname } from "node:path";
import { quote, shorten } from "../core/quote.ts";
import type { Size } from "../core/geometry.ts";
import type { InstanceData, SceneData } from "./scene_data.ts";

/** An instance as a label in COCO's format, but for its ids. */
export interface CocoLabel {
  /** Left, top, width and height in pixels. */
  readonly bbox: readonly [number, number, number, number];
  /** Area of the box in square pixels. */
  readonly area: number;
  /** Always 0: one object. */
  readonly iscrowd: 0;
  /** Name of the object: the instance's caption, else its reference's file name without the ending. */
  readonly category: string;
}

/** Class name of an instance in labels. */
export function categoryOf({ caption, reference }: InstanceData): string {
  if (caption !== undefined) return caption.replace(/^an? /i, "");
  return /^(data|sha256):/.test(reference)
    ? "object"
    : decodeURIComponent(basename(reference, extname(reference)));
}

/** The end of a message about a class that is not among `names`, however many they are. */
export function noneOf(names: readonly string[]): string {
  return names.length === 0
    ? "no class, since there are none"
    : `none of the classes ${shorten(names.join(", "), 400)}`;
}

/**
 * Refuses duplicate names of classes: the second one would have no instance.
 *
 * @param of what messages begin with.
 * @throws {RangeError} naming the class.
 */
export function checkDistinct(names: readonly string[], of: string): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new RangeError(`${of} must differ, but ${quote(twice)} is given twice`);
}

/** The requested boxes of a scene as labels of a picture of `size` pixels, in COCO's format. */
export function cocoLabels(scene: SceneData, size: Size): CocoLabel[] {
  return scene.instances.map((instance) => {
    const { x0, y0, x1, y1 } = instance.box;
    const [width, height] = [(x1 - x0) * size.width, (y1 - y0) * size.height];
    return {
      bbox: [x0 * size.width, y0 * size.height, width, height],
      area: width * height,
      iscrowd: 0,
      category: categoryOf(instance),
    };
  });
}

/**
 * The requested boxes of a scene as a label file of YOLO: class, centre and size as fractions, one line
 * an instance.
 *
 * @param names the classes, in the order of their numbers.
 * @throws {RangeError} if an instance is none of them.
 */
export function yoloLabels(
  scene: SceneData,
  names: readonly string[],
): string {
  return scene.instances.map((instance, i) => {
    const category = categoryOf(instance);
    const number = names.indexOf(category);
    if (number < 0) {
      throw new RangeError(
        `Instance ${i + 1} is a ${quote(category)}, which is ${noneOf(names)}`,
      );
    }
    const { x0, y0, x1, y1 } = instance.box;
    const numbers = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
    return `${number} ${numbers.map((value) => value.toFixed(6)).join(" ")}\n`;
  }).join("");
}
