import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { FeatureCache } from "../../locref/feature_cache.ts";
import type { StudioScene } from "../studio/studio_scene.ts";
import type { SceneOutline } from "../studio/scene_plan.ts";
import { encodeLatents, type FrozenVae } from "../vae/frozen_vae.ts";
import {
  type FrozenImageEncoder,
  patchFeatures,
} from "./frozen_image_encoder.ts";

/** A scene that is drawn only where its features are not known. */
export interface LazyScene {
  readonly outline: SceneOutline;
  /** Key of its inputs in the cache; absent where it comes but once. */
  readonly key?: string;
  readonly draw: () => StudioScene;
}

/** Encoders that are not trained, and what they are known to give. */
export interface FrozenParts {
  readonly vae: FrozenVae;
  readonly encoder: FrozenImageEncoder;
  /** Features of scenes that come again. */
  readonly cache: FeatureCache;
  /** Hash of the encoders' files, a part of the cache's keys. */
  readonly version: string;
}

/** Outputs of the frozen encoders for one scene. */
export interface SceneFeatures {
  /** Clean latents, scaled, `[channels · side²]`. */
  readonly latents: Float32Array;
  /** Tokens of the composite image, `[tokens · width]`. */
  readonly ci: Float32Array;
  /** Tokens of each reference. */
  readonly ri: readonly Float32Array[];
}

/** Features of scenes: those of the cache, and all others at once. */
export async function featuresOf(
  parts: FrozenParts,
  scenes: readonly LazyScene[],
): Promise<SceneFeatures[]> {
  const fresh = scenes.filter(({ key }) => key === undefined);
  const made = await encodeScenes(parts, fresh.map(({ draw }) => draw()));
  const features: SceneFeatures[] = [];
  for (const { key, draw } of scenes) {
    features.push(
      key === undefined
        ? made.shift()!
        : await cachedFeatures(parts, key, draw),
    );
  }
  return features;
}

async function cachedFeatures(
  parts: FrozenParts,
  key: string,
  draw: () => StudioScene,
): Promise<SceneFeatures> {
  const name = "features of pocket scenes";
  const known = await parts.cache.get(
    [name, parts.version, key],
    async () => {
      const [{ latents, ci, ri }] = await encodeScenes(parts, [draw()]) as [
        SceneFeatures,
      ];
      const all = Float32Array.from(ri.flatMap((one) => [...one]));
      return {
        latents: tensor([latents.length], latents),
        ci: tensor([ci.length], ci),
        ri: tensor([ri.length, ci.length], all),
      };
    },
  );
  return {
    latents: floats(known.latents!),
    ci: floats(known.ci!),
    ri: rowsOf(known.ri!),
  };
}

function rowsOf(x: Tensor): Float32Array[] {
  const [count, length] = x.shape as [number, number];
  return Array.from(
    { length: count },
    (_, i) => floats(x).slice(i * length, (i + 1) * length),
  );
}

/** Encodes scenes with all their pictures in two runs of the encoders. */
async function encodeScenes(
  { vae, encoder }: FrozenParts,
  scenes: readonly StudioScene[],
): Promise<SceneFeatures[]> {
  if (scenes.length === 0) return [];
  const latents = await encodeLatents(
    vae,
    scenes.map(({ picture }) => picture),
    scenes[0]!.size,
  );
  const tokens = await patchFeatures(
    encoder,
    scenes.flatMap(({ encoded, objects }) => [
      encoded,
      ...objects.map(({ reference }) => reference),
    ]),
  );
  const each = latents.data.length / scenes.length;
  const length = tokens.shape[1]! * tokens.shape[2]!;
  let at = 0;
  const next = () => floats(tokens).slice(at * length, ++at * length);
  return scenes.map(({ objects }, n) => ({
    latents: floats(latents).slice(n * each, (n + 1) * each),
    ci: next(),
    ri: objects.map(next),
  }));
}
