import type { Random } from "../../../lib/core/random.ts";
import type { Layer } from "../stages/layer.ts";
import type { Rgb } from "./backdrop.ts";

/** The light of a picture. */
export interface Light {
  /** Factors of red, green and blue. */
  readonly tint: Rgb;
  /** Where it comes from: a vector of length one in the picture, y downwards. */
  readonly from: readonly [number, number];
  /** Such as `warm light from the left`; empty for the plain light from above. */
  readonly words: string;
}

const tints: Readonly<Record<string, Rgb>> = {
  "": [1, 1, 1],
  warm: [1.06, 0.95, 0.74],
  cold: [0.78, 0.95, 1.08],
  dim: [0.6, 0.6, 0.62],
};

const sides: Readonly<Record<string, readonly [number, number]>> = {
  "": [0, -1],
  "from the left": [-1, 0],
  "from the right": [1, 0],
};

/** Every word that light is called by. */
export const lightWords: readonly string[] = [
  ...Object.keys(tints),
  ...Object.keys(sides),
  "light",
].filter((word) => word !== "");

/** The light that a picture has when its caption names none. */
const plainLight: Light = { tint: [1, 1, 1], from: [0, -1], words: "" };

/** A light whose words say all of it; the plain one in every third picture. */
export function drawLight(stream: Random): Light {
  if (stream.chance(1 / 3)) return plainLight;
  const pick = <T>(table: Readonly<Record<string, T>>) => {
    const entries = Object.entries(table);
    return entries[stream.integer(entries.length)]!;
  };
  const [tone, tint] = pick(tints), [side, from] = pick(sides);
  if (tone === "" && side === "") return plainLight;
  const words = [tone, "light", side].filter((word) => word !== "").join(" ");
  return { tint, from, words };
}

/** A light that no caption says: what references are photographed in. */
export function strayLight(stream: Random): Light {
  const angle = 2 * Math.PI * stream.uniform();
  const exposure = 0.85 + 0.25 * stream.uniform();
  const tint = [0, 1, 2].map(() =>
    exposure * (0.95 + 0.1 * stream.uniform())
  ) as unknown as Rgb;
  return { tint, from: [Math.cos(angle), Math.sin(angle)], words: "" };
}

/** How {@linkcode shadeLayer} lights. */
export interface ShadeOptions {
  readonly light: Light;
  /** How much brighter the side of the light is than the middle, as a fraction. */
  readonly fall: number;
  /** The colour that lies around, which the lower half reflects. @default {none} */
  readonly ground?: Rgb;
}

/** How much of the ground's colour the lower edge takes on. */
const bounce = 0.35;

/** The layer in a light: tinted, and darker the farther from it. */
export function shadeLayer(layer: Layer, options: ShadeOptions): Layer {
  const { light: { tint, from }, fall, ground } = options;
  const { width, height } = layer;
  const data = new Float32Array(layer.data.length);
  const grey = ground === undefined
    ? 0
    : (ground[0] + ground[1] + ground[2]) / 3;
  for (let y = 0; y < height; y++) {
    const dy = (y + 0.5) / height * 2 - 1;
    for (let x = 0; x < width; x++) {
      const dx = (x + 0.5) / width * 2 - 1;
      const bright = 1 + fall * (dx * from[0] + dy * from[1]);
      const at = (y * width + x) * 4;
      const alpha = layer.data[at + 3]!;
      for (let c = 0; c < 3; c++) {
        const reflected = ground === undefined || dy < 0
          ? 1
          : 1 + bounce * dy * (ground[c]! - grey);
        const value = layer.data[at + c]! * tint[c]! * bright * reflected;
        data[at + c] = Math.min(alpha, value);
      }
      data[at + 3] = alpha;
    }
  }
  return { width, height, data };
}
