import type { Random } from "../../../lib/core/random.ts";
import { emptyLayer, type Layer } from "../stages/layer.ts";

/** A ground with the words for it. */
export interface Ground {
  readonly layer: Layer;
  /** Such as `blue striped`. */
  readonly words: string;
}

type Rgb = readonly [number, number, number];

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

const kinds = [
  "plain",
  "plain",
  "plain",
  "gradient",
  "gradient",
  "striped",
  "checked",
  "dotted",
  "speckled",
] as const;

/** Every word that grounds are called by. */
export const groundWords: readonly string[] = [
  ...Object.keys(colours),
  ...new Set(kinds).difference(new Set(["plain", "gradient"])),
];

/** A square ground: plain, a gradient, or a texture in two shades of a colour. */
export function drawGround(random: Random, side: number): Ground {
  const names = Object.keys(colours);
  const name = names[random.integer(names.length)]!;
  const kind = kinds[random.integer(kinds.length)]!;
  const jitter = () => (random.uniform() - 0.5) * 0.12;
  const base = colours[name]!.map((value) =>
    clamp(value + jitter())
  ) as unknown as Rgb;
  const step = (random.chance(0.5) ? 1 : -1) * (0.08 + 0.12 * random.uniform());
  const other = base.map((value) => clamp(value + step)) as unknown as Rgb;
  const mix = mixer(kind, random, side);
  const layer = emptyLayer(side, side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const share = mix(x, y);
      const to = (y * side + x) * 4;
      for (let c = 0; c < 3; c++) {
        layer.data[to + c] = base[c]! + (other[c]! - base[c]!) * share;
      }
      layer.data[to + 3] = 1;
    }
  }
  return {
    layer,
    words: kind === "plain" || kind === "gradient" ? name : `${name} ${kind}`,
  };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** How much of the second shade each pixel has, 0..1. */
function mixer(
  kind: typeof kinds[number],
  random: Random,
  side: number,
): (x: number, y: number) => number {
  const angle = random.uniform() * Math.PI;
  const cos = Math.cos(angle), sin = Math.sin(angle);
  const period = side / (4 + random.integer(5));
  const phase = random.uniform() * period;
  const along = (x: number, y: number) => cos * x + sin * y + phase;
  switch (kind) {
    case "plain":
      return () => 0;
    case "gradient":
      return (x, y) =>
        clamp(0.5 + (cos * (x - side / 2) + sin * (y - side / 2)) / side);
    case "striped":
      return (x, y) => smoothStep(Math.sin(2 * Math.PI * along(x, y) / period));
    case "checked":
      return (x, y) =>
        smoothStep(
          4 * Math.sin(Math.PI * (x + phase) / period) *
            Math.sin(Math.PI * (y + phase) / period),
        );
    case "dotted":
      return (x, y) => {
        const dx = modulo(x + phase, period) - period / 2;
        const dy = modulo(y + phase, period) - period / 2;
        return clamp(period * 0.28 - Math.hypot(dx, dy) + 0.5);
      };
    case "speckled": {
      const grain = side / 16;
      const noise = Float32Array.from(
        { length: 16 * 16 },
        () => random.uniform(),
      );
      return (x, y) =>
        noise[Math.floor(y / grain) * 16 + Math.floor(x / grain)]!;
    }
  }
}

function smoothStep(value: number): number {
  return clamp(0.5 + 1.5 * value);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}
