import type { ClipImageConfig } from "../../../lib/encoders/clip_image.ts";
import type { ClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { type Random, random } from "../../../lib/core/random.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { normalisePlanes } from "../../../lib/images/pixel_values.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import { outlineStudioScene } from "../studio/scene_plan.ts";
import {
  drawStudioComposite,
  drawStudioPicture,
  drawStudioReference,
} from "../studio/studio_scene.ts";
import { byPatches } from "../vae/patches.ts";
import type { PocketWorld } from "../objects/pocket_world.ts";
import { clipTextConfig } from "./clip_configs.ts";

/** How pairs are drawn. */
export interface PairSettings {
  readonly seed: number;
  /** Which objects are seen. */
  readonly split: "training" | "all";
  /** Part of the pairs that show one object alone. */
  readonly alone: number;
  /** Part of the pairs without the ground that the objects stand on. */
  readonly cutOut: number;
  /** Side of the pictures, in pixels. */
  readonly side: number;
}

/** Pictures of pairs that no step sees, by what they are for. */
export function somePictures(
  world: PocketWorld,
  settings: PairSettings,
  { of, count }: { of: string; count: number },
): Float32Array[] {
  return Array.from(
    { length: count },
    (_, i) => drawPair(world, random(settings.seed, of, i), settings).picture,
  );
}

/** A picture and words for it. */
export interface Pair {
  readonly picture: Float32Array;
  readonly caption: string;
}

/** A scene, its composite image, or one of its references; the last two without a ground. */
export function drawPair(
  world: PocketWorld,
  random: Random,
  { split, alone, cutOut, side }: PairSettings,
): Pair {
  const options = {
    split,
    is: random.chance(cutOut),
    size: { width: side, height: side },
    referenceSide: side,
  };
  const stream = () => random.fork("scene");
  const { caption, objects } = outlineStudioScene(world, stream(), options);
  const named = (index: number) => `a ${world.objects[index]!.name}`;
  const choice = random.uniform();
  if (choice < (1 - alone) / 2) {
    const picture = drawStudioPicture(world, stream(), options);
    return { picture, caption };
  }
  if (choice < 1 - alone) {
    const picture = drawStudioComposite(world, stream(), options);
    const names = objects.map(({ index }) => named(index)).join(" and ");
    return { picture, caption: names };
  }
  const z = random.integer(objects.length);
  const picture = drawStudioReference(world, stream(), { ...options, z });
  return { picture, caption: named(objects[z]!.index) };
}

/** The batch of pairs, as `clipProgram` names its inputs. */
export function makeBatch(
  tokenizer: ClipTokenizer,
  image: ClipImageConfig,
  pairs: readonly Pair[],
): TrainingBatch {
  const { image_size: side, patch_size } = image;
  const { length } = tokenizer;
  const cells = 3 * side * side;
  const pixels = new Float32Array(pairs.length * cells);
  const ids = new Int32Array(pairs.length * length);
  const ends = new Float32Array(pairs.length * length);
  for (const [n, { picture, caption }] of pairs.entries()) {
    pixels.set(normalisePlanes(picture), n * cells);
    const encoded = tokenizer.encode(caption).ids;
    ids.set(encoded, n * length);
    ends[n * length + encoded.indexOf(clipTextConfig.eos_token_id, 1)] = 1;
  }
  const batch = pairs.length;
  const pictures = tensor([batch, 3, side, side], pixels);
  const right = new Float32Array(batch * batch);
  for (let n = 0; n < batch; n++) right[n * (batch + 1)] = 1;
  return {
    pixels: pictures,
    ids: tensor([batch, length], ids),
    ends: tensor([batch, length, 1], ends),
    patches: byPatches(pictures, side / patch_size),
    pairs: tensor([batch, batch], right),
  };
}
