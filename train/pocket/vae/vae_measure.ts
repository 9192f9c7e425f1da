import { random } from "../../../lib/core/random.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import {
  boxMask,
  decibels,
  edgeEnergy,
  squareError,
} from "../rulers/picture_rulers.ts";
import { drawStudioScene, type StudioScene } from "../studio/studio_scene.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import { channelDeviations, perChannel } from "./channels.ts";
import type { Codec } from "./open_codec.ts";

/** Measures of how well a VAE keeps pictures of objects that it never saw. */
export interface VaeMeasurement {
  /** Decibels of the round trip: whole pictures, and inside the boxes. */
  readonly psnr: number;
  readonly inside: number;
  /** Edge energy inside the boxes, of the truth's. */
  readonly edges: number;
  /** Deviation of each latent channel. */
  readonly deviation: readonly number[];
  /** Root of the mean posterior variance of each channel, of its deviation. */
  readonly posterior: readonly number[];
  /** Decibels inside that are lost where a channel is replaced by its mean. */
  readonly lost: readonly number[];
}

/** Scenes that channels are left out of. */
const lostScenes = 8;

/** Scenes of held-out objects that all stages are measured on. */
export function measuredScenes(
  world: PocketWorld,
  { count, side }: { count: number; side: number },
): StudioScene[] {
  const size = { width: side, height: side };
  return Array.from(
    { length: count },
    (_, i) =>
      drawStudioScene(world, random("measured", i), {
        ...{ split: "heldOut", size },
        referenceSide: side,
      }),
  );
}

/** Measures a VAE on scenes. */
export async function measureVae(
  codec: Codec,
  scenes: readonly StudioScene[],
): Promise<VaeMeasurement & { pictures: Float32Array[] }> {
  const truths = scenes.map(({ picture }) => picture);
  const { mean, logvar } = await codec.encode(truths);
  const pictures = await codec.decode(mean);
  const deviation = channelDeviations(mean);
  const posterior = perChannel(logvar, (x) => Math.exp(x))
    .map((value, c) => value / deviation[c]!);
  const few = scenes.slice(0, lostScenes);
  const whole = inside(few, pictures);
  const lost: number[] = [];
  for (let c = 0; c < mean.shape[1]!; c++) {
    const without = await codec.decode(leftOut(mean, c, few.length));
    lost.push(whole - inside(few, without));
  }
  return {
    psnr: decibels(total(scenes, pictures)),
    inside: inside(scenes, pictures),
    edges: edges(scenes, pictures),
    deviation,
    posterior,
    lost,
    pictures,
  };
}

function masks(scenes: readonly StudioScene[]): Uint8Array[] {
  return scenes.map(({ objects, size }) =>
    boxMask(objects.map(({ box }) => box), size)
  );
}

function total(
  scenes: readonly StudioScene[],
  pictures: readonly Float32Array[],
  within?: readonly Uint8Array[],
): { sum: number; count: number } {
  const all = { sum: 0, count: 0 };
  for (const [i, { picture }] of scenes.entries()) {
    const { sum, count } = squareError(pictures[i]!, picture, within?.[i]);
    all.sum += sum;
    all.count += count;
  }
  return all;
}

function inside(
  scenes: readonly StudioScene[],
  pictures: readonly Float32Array[],
): number {
  return decibels(total(scenes, pictures, masks(scenes)));
}

function edges(
  scenes: readonly StudioScene[],
  pictures: readonly Float32Array[],
): number {
  let found = 0, wanted = 0;
  for (const [i, mask] of masks(scenes).entries()) {
    const { size, picture } = scenes[i]!;
    found += edgeEnergy(pictures[i]!, size, mask);
    wanted += edgeEnergy(picture, size, mask);
  }
  return found / wanted;
}

/** The first latents with one channel at its mean. */
function leftOut(latents: Tensor, channel: number, count: number): Tensor {
  const [, channels, height, width] = latents.shape as [
    number,
    number,
    number,
    number,
  ];
  const cells = height * width;
  const data = floats(latents).slice(0, count * channels * cells);
  let sum = 0;
  const each = (change: (at: number) => void) => {
    for (let n = 0; n < count; n++) {
      const first = (n * channels + channel) * cells;
      for (let i = first; i < first + cells; i++) change(i);
    }
  };
  each((at) => sum += data[at]!);
  each((at) => data[at] = sum / (count * cells));
  return tensor([count, channels, height, width], data);
}
