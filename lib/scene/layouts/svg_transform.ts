import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";

/** `[a, b, c, d, e, f]`: x becomes a·x + c·y + e, and y b·x + d·y + f. */
export type Matrix = readonly [number, number, number, number, number, number];

/** Leaves everything where it is. */
export const still: Matrix = [1, 0, 0, 1, 0, 0];

/** The transform of `inner`, and then of `outer`. */
export function joined(outer: Matrix, inner: Matrix): Matrix {
  const [a, b, c, d, e, f] = outer;
  const [p, q, r, s, t, u] = inner;
  return [
    a * p + c * q,
    b * p + d * q,
    a * r + c * s,
    b * r + d * s,
    a * t + c * u + e,
    b * t + d * u + f,
  ];
}

/** A point after a transform. */
export function moved([a, b, c, d, e, f]: Matrix, x: number, y: number) {
  return [a * x + c * y + e, b * x + d * y + f] as const;
}

/** Whether rectangles stay upright: whole quarter turns, but for rounding. */
export function staysUpright([a, b, c, d]: Matrix): boolean {
  const least = 1e-6 * Math.max(...[a, b, c, d].map(Math.abs));
  const none = (...values: readonly number[]) =>
    values.every((value) => Math.abs(value) <= least);
  return none(b, c) || none(a, d);
}

/**
 * The value of a `transform`, as an attribute or in CSS.
 *
 * @param place the beginning of messages.
 * @throws {LocRefError} `file-invalid` if it cannot be read.
 */
export function readTransform(
  text: string | undefined,
  place: string,
): Matrix {
  if (text === undefined || /^\s*(none)?\s*$/.test(text)) return still;
  const list = /^\s*(?:\w+\s*\([^()]*\)[\s,]*)+$/.test(text)
    ? [...text.matchAll(/(\w+)\s*\(([^()]*)\)/g)]
    : [];
  const steps = list.map(([, name, values]) =>
    stepOf(
      name!,
      values!.trim().split(/[\s,]+/).map((one) =>
        Number(one === "" ? NaN : one.replace(/(px|deg)$/, ""))
      ),
    )
  );
  if (steps.length > 0 && steps.every((one) => one?.every(Number.isFinite))) {
    return (steps as Matrix[]).reduce(joined, still);
  }
  throw new LocRefError(
    "file-invalid",
    `${place} has transform ${
      quote(text)
    }, which is not known: translate, scale, rotate, skewX, skewY and matrix are read, in px and degrees`,
  );
}

function stepOf(name: string, n: readonly number[]): Matrix | undefined {
  const [x = NaN, y, z] = n;
  switch (name) {
    case "translate":
      return [1, 0, 0, 1, x, y ?? 0];
    case "translateX":
      return [1, 0, 0, 1, x, 0];
    case "translateY":
      return [1, 0, 0, 1, 0, x];
    case "scale":
      return [x, 0, 0, y ?? x, 0, 0];
    case "rotate": {
      const turn = turned(x);
      if (n.length === 1) return turn;
      const back = joined(turn, [1, 0, 0, 1, -(y ?? NaN), -(z ?? NaN)]);
      return joined([1, 0, 0, 1, y!, z!], back);
    }
    case "skewX":
      return [1, 0, Math.tan(x * degree), 1, 0, 0];
    case "skewY":
      return [1, Math.tan(x * degree), 0, 1, 0, 0];
    case "matrix":
      return n.length === 6 ? n as unknown as Matrix : undefined;
  }
}

const degree = Math.PI / 180;

function turned(degrees: number): Matrix {
  const [cos, sin] = [Math.cos(degrees * degree), Math.sin(degrees * degree)];
  return [cos, sin, -sin, cos, 0, 0];
}
