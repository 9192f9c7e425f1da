import { random } from "../../../lib/core/random.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { boxMask } from "../rulers/picture_rulers.ts";
import {
  type FrozenImageEncoder,
  patchFeatures,
} from "../stages/frozen_image_encoder.ts";
import { drawStudioScene, type StudioScene } from "../studio/studio_scene.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import { encodeLatents, type FrozenVae } from "./frozen_vae.ts";
import {
  type Matrix,
  multiply,
  ridgeRegression,
  zeroMatrix,
} from "./linear_algebra.ts";

/** Options of {@linkcode measureForetold}. */
export interface ForetoldOptions {
  /** Training scenes that the regression is fitted to. @default {300} */
  readonly fitted?: number;
  /** Held-out scenes that it is measured on. @default {60} */
  readonly measured?: number;
}

/** Scenes that are encoded at a time. */
const atOnce = 20;

/**
 * How well tokens of a picture foretell its latents: for each channel the error of a ridge regression
 * from a token to the latents under it, as a share of the channel's deviation. Only places inside
 * boxes of held-out scenes count. Where it is near 1, a UNet that sees tokens can only guess.
 */
export async function measureForetold(
  { vae, encoder, world }: {
    readonly vae: FrozenVae;
    readonly encoder: FrozenImageEncoder;
    readonly world: PocketWorld;
  },
  { fitted = 300, measured = 60 }: ForetoldOptions = {},
): Promise<number[]> {
  const rows = async (split: "training" | "heldOut", count: number) => {
    const size = { width: vae.side, height: vae.side };
    const all: Rows[] = [];
    for (let first = 0; first < count; first += atOnce) {
      const scenes = Array.from(
        { length: Math.min(atOnce, count - first) },
        (_, i) =>
          drawStudioScene(world, random("foretold", split, first + i), {
            ...{ split, size, referenceSide: vae.side },
          }),
      );
      all.push(await rowsOfScenes(scenes, { vae, encoder }));
    }
    return { x: stack(all.map(({ x }) => x)), y: stack(all.map(({ y }) => y)) };
  };
  const training = await rows("training", fitted);
  const weights = ridgeRegression(training.x, training.y, 1e-3);
  const { x, y } = await rows("heldOut", measured);
  const { latent_channels: channels } = vae.config;
  return relativeErrors(withOnes(x), weights, { y, channels });
}

/** Tokens and the latents under them. */
interface Rows {
  readonly x: Matrix;
  /** The values of a channel lie one after the other. */
  readonly y: Matrix;
}

async function rowsOfScenes(
  scenes: readonly StudioScene[],
  { vae, encoder }: { vae: FrozenVae; encoder: FrozenImageEncoder },
): Promise<Rows> {
  const pictures = scenes.map(({ picture }) => picture);
  const latents = await encodeLatents(vae, pictures, {
    height: vae.side,
    width: vae.side,
  });
  const tokens = await patchFeatures(encoder, pictures);
  const [, channels, side] = latents.shape as [number, number, number];
  const { image_size, patch_size } = encoder.config;
  const across = image_size / patch_size, within = side / across;
  const width = tokens.shape[2]!;
  const z = floats(latents), t = floats(tokens);
  const kept = scenes.flatMap(({ objects }, n) => {
    const size = { width: across, height: across };
    const mask = boxMask(objects.map(({ box }) => box), size);
    return [...mask].flatMap((inside, token) => inside ? [{ n, token }] : []);
  });
  const x = zeroMatrix(kept.length, width);
  const y = zeroMatrix(kept.length, channels * within ** 2);
  for (const [row, { n, token }] of kept.entries()) {
    const from = (n * (across ** 2 + 1) + 1 + token) * width;
    x.data.set(t.subarray(from, from + width), row * width);
    const top = Math.floor(token / across) * within;
    const left = token % across * within;
    for (let i = 0; i < y.columns; i++) {
      const channel = Math.floor(i / within ** 2), cell = i % within ** 2;
      const down = top + Math.floor(cell / within),
        right = left + cell % within;
      const at = ((n * channels + channel) * side + down) * side + right;
      y.data[row * y.columns + i] = z[at]!;
    }
  }
  return { x, y };
}

function stack(parts: readonly Matrix[]): Matrix {
  const columns = parts[0]!.columns;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const whole = zeroMatrix(rows, columns);
  let at = 0;
  for (const { data } of parts) {
    whole.data.set(data, at);
    at += data.length;
  }
  return whole;
}

function withOnes({ rows, columns, data }: Matrix): Matrix {
  const wide = zeroMatrix(rows, columns + 1);
  for (let row = 0; row < rows; row++) {
    const from = row * columns, to = row * (columns + 1);
    wide.data.set(data.subarray(from, from + columns), to);
    wide.data[to + columns] = 1;
  }
  return wide;
}

function relativeErrors(
  x: Matrix,
  weights: Matrix,
  { y, channels }: { y: Matrix; channels: number },
): number[] {
  const found = multiply(x, weights), each = y.columns / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let error = 0, square = 0, sum = 0;
    for (let row = 0; row < y.rows; row++) {
      for (let i = channel * each; i < (channel + 1) * each; i++) {
        const value = y.data[row * y.columns + i]!;
        error += (found.data[row * y.columns + i]! - value) ** 2;
        square += value * value;
        sum += value;
      }
    }
    const count = y.rows * each;
    return Math.sqrt(error / (square - sum * sum / count));
  });
}
