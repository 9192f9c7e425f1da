import type { Size } from "../../../lib/core/geometry.ts";
import { type Random, random } from "../../../lib/core/random.ts";
import { emptyLayer, type Layer } from "../stages/layer.ts";

/** Red, green and blue, 0..1. */
export type Rgb = readonly [number, number, number];

/** A ground with the words for it. */
export interface Backdrop {
  /** Paints it. */
  readonly draw: () => Layer;
  /** The main shade. */
  readonly colour: Rgb;
  /** Such as `finely striped blue`. */
  readonly words: string;
}

const colours: Readonly<Record<string, Rgb>> = {
  red: [0.84, 0.22, 0.2],
  orange: [0.95, 0.57, 0.2],
  yellow: [0.96, 0.85, 0.3],
  green: [0.3, 0.66, 0.33],
  teal: [0.2, 0.62, 0.62],
  blue: [0.24, 0.42, 0.82],
  purple: [0.52, 0.32, 0.74],
  pink: [0.95, 0.62, 0.75],
  brown: [0.5, 0.35, 0.24],
  grey: [0.55, 0.55, 0.57],
  white: [0.94, 0.94, 0.93],
  black: [0.12, 0.12, 0.14],
};

const patterns = ["striped", "checked", "dotted", "speckled"] as const;

type Pattern = typeof patterns[number];

/** Every word that grounds are called by. */
export const backdropWords: readonly string[] = [
  ...Object.keys(colours),
  ...patterns,
  "finely",
];

/** Largest change of a colour that its word does not foretell. */
const jitter = 0.02;

/**
 * A ground whose words say all of it: the colour, and place, width and second shade of its pattern.
 *
 * A pattern begins at the corner of the picture, so that a model can learn where its edges lie.
 */
export function drawBackdrop(stream: Random, size: Size): Backdrop {
  const names = Object.keys(colours);
  const name = names[stream.integer(names.length)]!;
  const pattern = stream.chance(0.7)
    ? patterns[stream.integer(patterns.length)]
    : undefined;
  const fine = stream.chance(0.4);
  const colour = colours[name]!.map((value) =>
    clamp(value + (2 * stream.uniform() - 1) * jitter)
  ) as unknown as Rgb;
  const words = pattern === undefined
    ? name
    : `${fine ? "finely " : ""}${pattern} ${name}`;
  const draw = () => paint(size, colour, pattern, fine);
  return { draw, colour, words };
}

/** A ground of one colour: what a paste puts behind references. */
export function plainBackdrop(size: Size, words: string): Layer {
  const name = Object.keys(colours).find((one) => words.includes(one));
  return paint(size, colours[name ?? "grey"]!, undefined, false);
}

function paint(
  { width, height }: Size,
  colour: Rgb,
  pattern: Pattern | undefined,
  fine: boolean,
): Layer {
  const other = secondShade(colour);
  const share = pattern === undefined
    ? undefined
    : shareMap({ width, height }, pattern, fine);
  const layer = emptyLayer(width, height);
  for (let i = 0; i < width * height; i++) {
    const part = share === undefined ? 0 : share[i]!;
    for (let c = 0; c < 3; c++) {
      layer.data[i * 4 + c] = colour[c]! + (other[c]! - colour[c]!) * part;
    }
    layer.data[i * 4 + 3] = 1;
  }
  return layer;
}

/** Maps that were drawn before: patterns are the same in every picture of a size. */
const knownMaps = new Map<string, Float32Array>();

/** How much of the second shade each pixel has. */
function shareMap(
  { width, height }: Size,
  pattern: Pattern,
  fine: boolean,
): Float32Array {
  const key = `${width}x${height} ${pattern} ${fine}`;
  const known = knownMaps.get(key);
  if (known !== undefined) return known;
  const period = Math.min(width, height) / (fine ? 11 : 6);
  const share = shares[pattern](period);
  const map = Float32Array.from(
    { length: width * height },
    (_, i) => share(i % width + 0.5, Math.floor(i / width) + 0.5),
  );
  // references with surroundings have sizes of their own, too many to keep
  if (width === height) knownMaps.set(key, map);
  return map;
}

/** Darker than a light colour, lighter than a dark one. */
function secondShade(colour: Rgb): Rgb {
  const light = (colour[0] + colour[1] + colour[2]) / 3 > 0.4;
  return colour.map((value) =>
    light ? value * 0.68 : value + 0.3 * (1 - value)
  ) as unknown as Rgb;
}

/** How much of the second shade a pixel has, 0..1, by the pattern's period in pixels. */
const shares: Readonly<
  Record<Pattern, (period: number) => (x: number, y: number) => number>
> = {
  striped: (period) => (x, y) => band((x + y) / Math.SQRT2, period),
  checked: (period) => (x, y) => {
    const a = band(x, 2 * period), b = band(y, 2 * period);
    return a * (1 - b) + b * (1 - a);
  },
  dotted: (period) => (x, y) => {
    const dx = x - period * Math.round(x / period);
    const dy = y - period * Math.round(y / period);
    return clamp(period * 0.28 - Math.hypot(dx, dy) + 0.5);
  },
  speckled: (period) => {
    const dots = speckles;
    const tile = 4 * period;
    return (x, y) => {
      const tx = x / tile % 1, ty = y / tile % 1;
      let most = 0;
      for (const { at, radius } of dots) {
        const dx = wrapped(tx - at[0]), dy = wrapped(ty - at[1]);
        most = Math.max(
          most,
          clamp((radius - Math.hypot(dx, dy)) * tile + 0.5),
        );
      }
      return most;
    };
  },
};

/** The dots of a speckled tile: the same in every picture. */
const speckles = (() => {
  const stream = random("speckles");
  return Array.from({ length: 22 }, () => ({
    at: [stream.uniform(), stream.uniform()] as const,
    radius: 0.025 + 0.04 * stream.uniform(),
  }));
})();

/** The distance on a circle of length one. */
function wrapped(distance: number): number {
  return distance - Math.round(distance);
}

/** 1 in every second half period, with edges of one pixel. */
function band(x: number, period: number): number {
  const into = ((x / period) % 1 + 1) % 1;
  const distance = (0.25 - Math.abs(into - 0.5)) * period;
  return clamp(distance + 0.5);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
