/** COCO's `segmentation` members, checked before they become masks. */

import { quote } from "../../../lib/core/quote.ts";
import type { Segmentation } from "./rle.ts";

/** COCO's notation, for messages. */
const forms =
  "polygons [[x, y, x, y, …], …] or runs { size, counts } are expected";

/**
 * The `segmentation` of an annotation as COCO has it. One flat list of coordinates, which several
 * labelling tools write, is one polygon; `undefined` is returned where there is no mask at all.
 *
 * @throws {TypeError} if it is of another form, which would be a mask of nothing.
 * @throws {RangeError} if a polygon or a run has values that no mask has.
 */
export function checkedSegmentation(value: unknown): Segmentation | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    const flat = value.every((one) => typeof one === "number");
    const polygons: unknown[] = flat ? [value] : value;
    polygons.forEach(checkPolygon);
    return polygons as number[][];
  }
  if (typeof value !== "object" || !("counts" in value)) {
    throw new TypeError(`The segmentation is ${quote(value)}, ${forms}`);
  }
  return checkedRuns(value);
}

function checkPolygon(polygon: unknown): void {
  if (!Array.isArray(polygon)) {
    throw new TypeError(`A polygon is ${quote(polygon)}, ${forms}`);
  }
  if (polygon.some(Array.isArray)) {
    throw new TypeError(
      `A polygon is a list of points ${quote(polygon.slice(0, 2))}, ${forms}`,
    );
  }
  const wrong = polygon.find((one) => !Number.isFinite(one));
  if (wrong !== undefined || polygon.includes(undefined)) {
    throw new RangeError(
      `A polygon has the coordinate ${quote(wrong)}, finite numbers are needed`,
    );
  }
  if (polygon.length < 6 || polygon.length % 2 !== 0) {
    throw new RangeError(
      `A polygon has ${
        polygon.length / 2
      } points, whole points are needed and 3 at least`,
    );
  }
}

function checkedRuns(
  { size, counts }: { size?: unknown; counts: unknown },
): Segmentation {
  const whole = (one: unknown) => Number.isSafeInteger(one) && Number(one) >= 0;
  if (
    !Array.isArray(size) || size.length !== 2 ||
    !size.every((one) => whole(one) && one > 0)
  ) {
    throw new RangeError(
      `Runs have the size ${quote(size)}, [height, width] is expected`,
    );
  }
  if (typeof counts === "string") return { size, counts };
  if (!Array.isArray(counts)) {
    throw new TypeError(
      `Runs have the counts ${
        quote(counts)
      }, a list of lengths or COCO's packed text is expected`,
    );
  }
  const wrong = counts.find((one) => !whole(one));
  if (wrong !== undefined) {
    throw new RangeError(
      `Runs have the count ${quote(wrong)}, whole numbers of pixels are needed`,
    );
  }
  return { size, counts };
}
