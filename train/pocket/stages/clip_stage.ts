import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import * as v from "valibot";
import {
  type ClipImageConfig,
  clipImageProgram,
} from "../../../lib/encoders/clip_image.ts";
import {
  type ClipTextConfig,
  clipTextProgram,
} from "../../../lib/encoders/clip_text.ts";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { normalisePlanes } from "../../../lib/images/pixel_values.ts";
import type { Executor, Program } from "../../../lib/ops/executor.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { pocketFolder } from "../../../lib/pipeline/load/pocket_folder.ts";
import { trainingFields } from "../../loop/config.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { Stage } from "../../loop/stage.ts";
import { clipImageConfig, clipTextConfig } from "./clip_configs.ts";
import { clipProgram, patchCount, patchValues } from "../losses/clip_loss.ts";
import { studioSprites } from "../studio/studio_scene.ts";
import { loadPocketWorld, type PocketWorld } from "../objects/pocket_world.ts";
import { readPart } from "./read_part.ts";
import { measureForetold } from "../vae/foretold.ts";
import { openVae } from "../vae/frozen_vae.ts";
import { openLatentTargets } from "../vae/latent_targets.ts";
import { openImageTower } from "./frozen_image_encoder.ts";
import { drawPair, makeBatch, somePictures } from "./clip_batch.ts";
import { onComponents } from "./patch_components.ts";
import { appendJsonLine, writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-clip"),
  /** Folder of the model that the encoders are parts of. */
  model: v.string(),
  /** Side of the pictures, in pixels. */
  side: v.optional(v.number(), 128),
  /** Tokens of a picture along each side. */
  tokensAcross: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1)),
    8,
  ),
  /** Which objects are seen: the generator's encoder sees those of training only. */
  split: v.optional(v.picklist(["training", "all"]), "training"),
  /** Part of the pairs that show one object alone, named. */
  alone: v.optional(v.number(), 0.4),
  /** Part of the pairs without the ground that the objects stand on. */
  cutOut: v.optional(v.number(), 0.85),
  /** Weight of the reconstruction of patches from penultimate tokens. */
  reconstruction: v.optional(v.number(), 2),
  /**
   * Target of the reconstruction: pixels, or the model VAE's latents, each channel over its own
   * deviation, so that tokens foretell them all.
   */
  target: v.optional(v.picklist(["pixels", "latents"]), "pixels"),
  /** Weight of the loss that asks penultimate tokens for their places. */
  places: v.optional(v.number(), 0),
  /**
   * Sets the patch embedding on principal components of patches before the first step, and raises
   * weak ones by this power of their deviations; see {@linkcode onComponents}. Null leaves it as it is.
   */
  components: v.optional(
    v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    null,
  ),
  /** Folder of a model whose encoders are trained on; from fresh weights where absent. */
  start: v.optional(v.string()),
  /** Whether text encoder and tokenizer are written too. */
  text: v.optional(v.boolean(), true),
  /** Folder of the image encoder within the model. */
  folder: v.optional(v.string(), "image_encoder"),
});

type Config = v.InferOutput<typeof schema>;

/** Folder with the tokenizer that all pocket models share: the first merges of CLIP's. */
async function tokenizerFolder(): Promise<string> {
  return join(await pocketFolder(), "tokenizer");
}

/**
 * Stage 2: CLIP (Radford et al. 2021), contrastive on pictures and their captions. Linear layers also
 * read the pixels of each patch and its place off the penultimate tokens, so that these keep what a
 * generator needs. The layers are dropped afterwards.
 */
export const stage: Stage<Config> = {
  schema,
  async open(config, { executor }) {
    const world = await loadPocketWorld(studioSprites);
    const image = clipImageConfig(config.side, config.tokensAcross);
    const tokenizer = await loadClipTokenizer(await tokenizerFolder());
    const latents = config.target === "latents"
      ? await openLatentTargets(executor, join(config.model, "vae"), {
        across: config.tokensAcross,
        pictures: somePictures(world, config, { of: "scale", count: 48 }),
      })
      : undefined;
    return {
      trainable: await startWeights(config, {
        values: latents?.values,
        pictures: () =>
          somePictures(world, config, { of: "components", count: 240 }),
      }),
      decays: (name) =>
        name.endsWith(".weight") && !/norm|embedding/.test(name),
      data: {
        length: Infinity,
        batch: async (samples) => {
          const pairs = samples.map(({ random }) =>
            drawPair(world, random, config)
          );
          const batch = makeBatch(tokenizer, image, pairs);
          if (latents === undefined) return batch;
          const pictures = pairs.map(({ picture }) => picture);
          return { ...batch, patches: await latents.of(pictures) };
        },
      },
      program: clipProgram(image, { ...config, values: latents?.values }),
      close: () => latents?.dispose(),
      finish: async (weights) => {
        const folder = await finish(config, weights);
        if (config.text) await measureTokens(executor, config, world);
        return folder;
      },
    };
  },
};

function clipShapes(
  image: ClipImageConfig & { readonly projection_dim: number },
  values = patchValues(image),
): Map<string, readonly number[]> {
  const { hidden_size: width } = image;
  return new Map<string, readonly number[]>([
    ...listWeights(clipImageProgram(image)),
    ...listWeights(clipTextProgram(clipTextConfig)),
    ["text_projection.weight", [
      image.projection_dim,
      clipTextConfig.hidden_size,
    ]],
    ["reconstruction.weight", [values, width]],
    ["reconstruction.bias", [values]],
    ["place.weight", [patchCount(image), width]],
    ["logit_scale", [1]],
  ]);
}

/** Fresh weights, over which those of `start` are laid, on components where those are set. */
async function startWeights(
  config: Config,
  { values, pictures }: { values?: number; pictures: () => Float32Array[] },
): Promise<HostWeights> {
  const { side, components } = config;
  const image = clipImageConfig(side, config.tokensAcross);
  const weights = await readOrFresh(config, image, clipShapes(image, values));
  if (components === null) return weights;
  const all = pictures(), each = 3 * side ** 2;
  const seen = tensor(
    [all.length, 3, side, side],
    new Float32Array(all.length * each),
  );
  for (const [n, one] of all.entries()) {
    floats(seen).set(normalisePlanes(one), n * each);
  }
  const old = weights.get(patchEmbedding)!;
  const options = { pictures: seen, raise: components };
  return new Map([...weights, [patchEmbedding, onComponents(old, options)]]);
}

const patchEmbedding = "vision_model.embeddings.patch_embedding.weight";

async function readOrFresh(
  { start, folder, seed }: Config,
  image: ClipImageConfig,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<HostWeights> {
  const fresh = initialWeights(shapes, { seed, rule: startOf });
  if (start === undefined) return fresh;
  const read = async (folder: string, program: Program) =>
    await readPart(
      join(start, folder, "model.safetensors"),
      listWeights(program),
    );
  return new Map([
    ...fresh,
    ...await read(folder, clipImageProgram(image)),
    ...await read("text_encoder", clipTextProgram(clipTextConfig)),
  ]);
}

function startOf(name: string) {
  // exp(2.66) = 14, the temperature that CLIP begins with
  if (name === "logit_scale") return { kind: "normal", std: 0 } as const;
  if (name.endsWith("class_embedding")) {
    return { kind: "normal", std: 0.02 } as const;
  }
  return undefined;
}

/** Appends to `foretold.jsonl` how well the encoder's tokens foretell the latents of the model's VAE. */
async function measureTokens(
  executor: Executor,
  { model, folder, out, steps }: Config,
  world: PocketWorld,
): Promise<void> {
  if (!existsSync(join(model, "vae", "config.json"))) return;
  const vae = await openVae(executor, join(model, "vae"));
  const encoder = await openImageTower(executor, join(model, folder));
  const foretold = await measureForetold({ vae, encoder, world });
  await appendJsonLine(join(out, "foretold.jsonl"), { step: steps, foretold });
  await vae.dispose();
  await encoder.dispose();
}

async function finish(config: Config, weights: HostWeights): Promise<string> {
  const part = (program: Parameters<typeof listWeights>[0]): HostWeights =>
    new Map(
      [...listWeights(program).keys()].map((
        name,
      ) => [name, weights.get(name)!]),
    );
  const image = clipImageConfig(config.side, config.tokensAcross);
  const folder = join(config.model, config.folder);
  await writePart(folder, "model", {
    config: image,
    weights: part(clipImageProgram(image)),
  });
  if (!config.text) return folder;
  const text = part(clipTextProgram(clipTextConfig as ClipTextConfig));
  await writePart(join(config.model, "text_encoder"), "model", {
    config: clipTextConfig,
    weights: text,
  });
  const tokenizer = join(config.model, "tokenizer");
  await mkdir(tokenizer, { recursive: true });
  const shared = await tokenizerFolder();
  for await (const { name } of Deno.readDir(shared)) {
    await copyFile(join(shared, name), join(tokenizer, name));
  }
  return folder;
}
