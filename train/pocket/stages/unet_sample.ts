import type { Size } from "../../../lib/core/geometry.ts";
import type { FusionSettings } from "../../../lib/adapters/locref/fusion_settings.ts";
import { type Random, random } from "../../../lib/core/random.ts";
import { drawStudioScene } from "../studio/studio_scene.ts";
import { outlineStudioScene } from "../studio/scene_plan.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import type { PocketFamily } from "./family.ts";
import type { LazyScene } from "./scene_features.ts";

/** How often each condition is dropped and each switch of the ablation is off. */
export interface DropoutRates {
  readonly text: number;
  readonly image: number;
  readonly both: number;
  readonly grgOff: number;
  readonly iafOff: number;
  readonly isOff: number;
}

/** How samples are drawn. */
export interface SampleSettings {
  readonly dropout: DropoutRates;
  /** Timesteps drawn for a sample, of which the noisiest is taken. */
  readonly timestepDraws: number;
  /** Part of the samples whose timestep is drawn evenly below {@linkcode littleNoise}. */
  readonly lowNoise: number;
  /** Scenes that come again and again, their features cached; null for ever new ones. */
  readonly cachedScenes: number | null;
}

/** Timesteps below this one have little noise: they decide how clean grounds and edges are. */
const littleNoise = 300;

/** One drawn sample. */
export interface UnetSample {
  readonly scene: LazyScene;
  readonly caption: string;
  readonly images: boolean;
  readonly settings: Partial<FusionSettings>;
  readonly timestep: number;
  readonly noise: Float32Array;
}

/** Size of the pictures of a step, where sizes take turns. */
export interface SizeTurn {
  /** In pixels. */
  readonly size: Size;
  /** Number of the size among all of them. */
  readonly turn: number;
  /** How many sizes take turns. */
  readonly turns: number;
}

/** Draws all that is random in one sample. */
export function drawSample(
  { world, family, ...settings }: SampleSettings & {
    readonly world: PocketWorld;
    readonly family: PocketFamily;
  },
  stream: Random,
  at: SizeTurn,
): UnetSample {
  const { dropout, timestepDraws, lowNoise } = settings;
  const is = !stream.chance(dropout.isOff);
  const scene = drawLazyScene(world, stream, {
    ...{ family, is, at },
    cachedScenes: settings.cachedScenes,
  });
  const choice = stream.uniform();
  const noText = choice < dropout.text + dropout.both;
  const noImage = choice >= dropout.text &&
    choice < dropout.text + dropout.both + dropout.image;
  const factor = family.side / family.latentSide;
  const cells = at.size.height / factor * (at.size.width / factor);
  return {
    scene,
    caption: noText ? "" : scene.outline.caption,
    images: !noImage,
    settings: {
      grg: !stream.chance(dropout.grgOff),
      iaf: !stream.chance(dropout.iafOff),
    },
    timestep: stream.fork("noise level").chance(lowNoise)
      ? stream.fork("low noise").integer(littleNoise)
      : Math.max(
        ...Array.from({ length: timestepDraws }, () => stream.integer(1000)),
      ),
    noise: stream.fork("noise").normals(family.latentChannels * cells),
  };
}

function drawLazyScene(
  world: PocketWorld,
  stream: Random,
  { family, is, at: { size, turn, turns }, cachedScenes }: {
    family: PocketFamily;
    is: boolean;
    at: SizeTurn;
    cachedScenes: number | null;
  },
): LazyScene {
  const { side, compositeFit } = family;
  const { width, height } = size;
  const cell = side / family.latentSide;
  const options = { is, size, referenceSide: side, compositeFit, cell };
  const contained = compositeFit === "contain" && width !== height;
  const number = cachedScenes === null
    ? undefined
    // a scene that comes again always has the same size
    : turn + turns * stream.fork("which").integer(
          Math.ceil(cachedScenes / turns),
        );
  const own = () =>
    number === undefined
      ? stream.fork("scene")
      : random("cached scene", number);
  return {
    outline: outlineStudioScene(world, own(), options),
    ...(number !== undefined && {
      key: `${number} ${width} ${height} ${is}${contained ? " contain" : ""}`,
    }),
    draw: () => drawStudioScene(world, own(), options),
  };
}
