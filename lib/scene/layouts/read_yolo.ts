import { counted } from "../../core/counted.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import {
  type Corners,
  type LayoutData,
  objectOrWarning,
} from "./layout_object.ts";

/** Options of {@linkcode readYolo}. */
export interface YoloLayoutOptions {
  /** The classes in the order of their numbers. */
  readonly names: readonly string[];
}

const whole = { width: 1, height: 1 };

/**
 * The objects of a label file of YOLO: class, centre and size as fractions, or class and the corners
 * of an outline, a line an object. Boxes without an area, and those outside of the picture,
 * are left out with a warning.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` naming file and line, also where numbers are pixels.
 */
export function readYolo(
  text: string,
  file: string,
  { names }: YoloLayoutOptions,
): LayoutData {
  const warnings: string[] = [];
  const objects = text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === "") return [];
    const place = `${file}: line ${i + 1}`;
    const numbers = line.trim().split(/\s+/).map(Number);
    const [category, ...rest] = numbers;
    const corners = cornersOf(rest);
    if (!numbers.every(Number.isFinite) || corners === undefined) {
      throw new LocRefError(
        "file-invalid",
        `${place} must hold a class and four numbers, or an outline, got ${
          quote(line)
        }`,
      );
    }
    checkFractions(rest, place);
    const name = names[category!];
    if (name === undefined) {
      throw new LocRefError(
        "file-invalid",
        `${place} has class ${category}, but option names has ${
          counted(names.length, "name")
        }`,
      );
    }
    const unit = "of the picture";
    return objectOrWarning(name, corners, {
      ...{ size: whole, place, unit, warnings },
    });
  });
  return { objects, warnings };
}

/** How far beyond the picture rounding may put a number. */
const rounding = 0.01;

/** Numbers of pixels are cut at the picture's edge in silence where their boxes overlap it. */
function checkFractions(numbers: readonly number[], place: string): void {
  const wrong = numbers.find((one) => one < -rounding || one > 1 + rounding);
  if (wrong === undefined) return;
  throw new LocRefError(
    "file-invalid",
    `${place} must hold fractions of the picture from 0 to 1 behind the class, got ${wrong}: divide pixels by the picture's width or height`,
  );
}

/** Corners of a box by its centre (a score may follow), or around an outline. */
function cornersOf(numbers: readonly number[]): Corners | undefined {
  if (numbers.length === 4 || numbers.length === 5) {
    const [x, y, width, height] = numbers as [number, number, number, number];
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
  }
  if (numbers.length < 6 || numbers.length % 2 === 1) return undefined;
  const across = numbers.filter((_, i) => i % 2 === 0);
  const down = numbers.filter((_, i) => i % 2 === 1);
  return [
    Math.min(...across),
    Math.min(...down),
    Math.max(...across),
    Math.max(...down),
  ];
}
