import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";
import {
  clipImage,
  type ClipImageConfig,
  clipImageProgram,
} from "../../lib/encoders/clip_image.ts";
import {
  clipText,
  type ClipTextConfig,
  clipTextProgram,
} from "../../lib/encoders/clip_text.ts";
import {
  type ClipTokenizer,
  loadClipTokenizer,
} from "../../lib/encoders/clip_tokenizer.ts";
import { normalisePlanes } from "../../lib/images/pixel_values.ts";
import { listWeights } from "../../lib/ops/list_weights.ts";
import type { Ops } from "../../lib/ops/ops.ts";
import type { Params } from "../../lib/ops/params.ts";
import { tensor } from "../../lib/ops/tensor.ts";
import { upload } from "../../lib/ops/tfjs_layout.ts";
import { tfjsOps } from "../../lib/ops/tfjs_ops.ts";
import { trainingFields } from "../config.ts";
import type { HostWeights } from "../host_weights.ts";
import { initialWeights } from "../initial_weights.ts";
import type { Random } from "../random.ts";
import type { Stage } from "../stage.ts";
import type { Tf, TfScalar, TfTensor } from "../tf.ts";
import { clipImageConfig, clipTextConfig } from "./clip_configs.ts";
import {
  drawScene,
  loadPocketWorld,
  type PocketScene,
  type PocketWorld,
} from "./scenes.ts";
import { writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-clip"),
  /** Folder of the model that the encoders are parts of. */
  model: v.string(),
  /** Which objects are seen: the generator's encoder sees those of training only. */
  split: v.optional(v.picklist(["training", "all"]), "training"),
  /** Part of the pairs that show one object alone, named. */
  alone: v.optional(v.number(), 0.4),
  /** Part of the pairs without the ground that the objects stand on. */
  cutOut: v.optional(v.number(), 0.85),
  /** Weight of the reconstruction of patches from penultimate tokens. */
  reconstruction: v.optional(v.number(), 2),
  /** Whether text encoder and tokenizer are written too. */
  text: v.optional(v.boolean(), true),
  /** Folder of the image encoder within the model. */
  folder: v.optional(v.string(), "image_encoder"),
});

type Config = v.InferOutput<typeof schema>;

interface Batch {
  readonly pixels: TfTensor;
  readonly ids: TfTensor;
  /** 1 at the end of each text, `[N, tokens, 1]`. */
  readonly ends: TfTensor;
}

/** Folder with the tokenizer that all pocket models share: the first merges of CLIP's. */
const tokenizerFolder = fileURLToPath(
  new URL("../../models/pocket/tokenizer", import.meta.url),
);

/**
 * Stage 2: CLIP (Radford et al. 2021), contrastive on pictures and their captions. So that its tokens
 * keep what a generator needs, the pixels of each patch are also read off the penultimate tokens by
 * a linear layer, which is dropped afterwards.
 */
export const stage: Stage<Config, Batch> = {
  schema,
  async open(config, { tf }) {
    const world = await loadPocketWorld();
    const tokenizer = await loadClipTokenizer(tokenizerFolder);
    const ops = tfjsOps(tf, { training: true });
    return {
      trainable: initialWeights(clipShapes(), {
        seed: config.seed,
        rule: startOf,
      }),
      decays: (name) =>
        name.endsWith(".weight") && !/norm|embedding/.test(name),
      data: {
        length: Infinity,
        batch: (samples) => {
          const pairs = samples.map(({ random }) =>
            drawPair(world, random, config)
          );
          return makeBatch(tf, tokenizer, pairs);
        },
      },
      loss: (batch, weights) =>
        clipLoss({ tf, ops }, batch, weights, config.reconstruction),
      finish: async (weights) => await finish(config, weights),
    };
  },
};

const patchValues = 3 * clipImageConfig.patch_size ** 2;

function clipShapes(): Map<string, readonly number[]> {
  const { hidden_size: width } = clipImageConfig;
  return new Map<string, readonly number[]>([
    ...listWeights(clipImageProgram(clipImageConfig)),
    ...listWeights(clipTextProgram(clipTextConfig)),
    ["text_projection.weight", [
      clipImageConfig.projection_dim,
      clipTextConfig.hidden_size,
    ]],
    ["reconstruction.weight", [patchValues, width]],
    ["reconstruction.bias", [patchValues]],
    ["logit_scale", [1]],
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

/** A picture and words for it. */
interface Pair {
  readonly picture: Float32Array;
  readonly caption: string;
}

/** A scene, its composite image, or one of its references; the last two without a ground. */
function drawPair(
  world: PocketWorld,
  random: Random,
  { split, alone, cutOut }: Config,
): Pair {
  const scene: PocketScene = drawScene(world, random.fork("scene"), {
    split,
    is: random.chance(cutOut),
  });
  const named = (index: number) => `a ${world.objects[index]!.name}`;
  const choice = random.uniform();
  if (choice < (1 - alone) / 2) {
    return { picture: scene.picture, caption: scene.caption };
  }
  const { objects } = scene;
  if (choice < 1 - alone) {
    const caption = objects.map(({ index }) => named(index)).join(" and ");
    return { picture: scene.composite, caption };
  }
  const one = objects[random.integer(objects.length)]!;
  return { picture: one.reference, caption: named(one.index) };
}

function makeBatch(
  tf: Tf,
  tokenizer: ClipTokenizer,
  pairs: readonly Pair[],
): Batch {
  const { image_size: side } = clipImageConfig;
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
  return {
    pixels: upload(tf, tensor([batch, 3, side, side], pixels), "image"),
    ids: upload(tf, tensor([batch, length], ids), "ids"),
    ends: upload(tf, tensor([batch, length, 1], ends), "float"),
  };
}

function clipLoss(
  { tf, ops }: { tf: Tf; ops: Ops<TfTensor> },
  batch: Batch,
  weights: Params<TfTensor>,
  reconstruction: number,
) {
  const image = clipImage(
    ops,
    weights,
    batch.pixels,
    clipImageConfig as ClipImageConfig,
  );
  const text = textEmbeds(tf, ops, batch, weights);
  const scale = tf.exp(tf.add(weights.get("logit_scale", [1]), Math.log(14)));
  const logits = tf.mul(
    tf.matMul(unit(tf, image.embeds), unit(tf, text), false, true),
    scale,
  );
  const count = batch.ids.shape[0]!;
  const right = tf.eye(count);
  const crossEntropy = (x: TfTensor) =>
    tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(x), right), -1)));
  const contrast = tf.mul(
    tf.add(crossEntropy(logits), crossEntropy(tf.transpose(logits))),
    0.5,
  );
  const found = tf.mean(
    tf.cast(
      tf.equal(tf.argMax(logits, -1), tf.range(0, count, 1, "int32")),
      "float32",
    ),
  ) as TfScalar;
  const error = reconstructionError(tf, ops, {
    tokens: image.penultimate,
    batch,
  }, weights);
  const loss = tf.add(contrast, tf.mul(error, reconstruction)) as TfScalar;
  return { loss, metrics: { found, reconstruction: error } };
}

/** The text's state at its end, projected (Radford et al. 2021, 2.4). */
function textEmbeds(
  tf: Tf,
  ops: Ops<TfTensor>,
  batch: Batch,
  weights: Params<TfTensor>,
): TfTensor {
  const hidden = clipText(
    ops,
    weights,
    batch.ids,
    clipTextConfig as ClipTextConfig,
  );
  const end = tf.sum(tf.mul(hidden, batch.ends), 1);
  const { projection_dim, hidden_size } = clipTextConfig;
  return ops.linear(
    end,
    weights.get("text_projection.weight", [projection_dim, hidden_size]),
  );
}

function unit(tf: Tf, x: TfTensor): TfTensor {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-8)));
}

/** Mean square of what is missing of each patch's pixels. */
function reconstructionError(
  tf: Tf,
  ops: Ops<TfTensor>,
  { tokens, batch }: { tokens: TfTensor; batch: Batch },
  weights: Params<TfTensor>,
): TfScalar {
  const { hidden_size: width, patch_size: patch, image_size: side } =
    clipImageConfig;
  const at = weights.at("reconstruction");
  const count = (side / patch) ** 2;
  const read = ops.linear(
    ops.sliceTokens(tokens, 1, count),
    at.get("weight", [patchValues, width]),
    at.get("bias", [patchValues]),
  );
  const rows = batch.pixels.shape[0]!, across = side / patch;
  const split = tf.reshape(batch.pixels, [
    rows * across,
    patch,
    across,
    patch * 3,
  ]);
  const target = tf.reshape(tf.transpose(split, [0, 2, 1, 3]), [
    rows,
    count,
    patchValues,
  ]);
  return tf.mean(tf.square(tf.sub(read, target))) as TfScalar;
}

async function finish(config: Config, weights: HostWeights): Promise<string> {
  const part = (program: Parameters<typeof listWeights>[0]): HostWeights =>
    new Map(
      [...listWeights(program).keys()].map((
        name,
      ) => [name, weights.get(name)!]),
    );
  const image = part(clipImageProgram(clipImageConfig as ClipImageConfig));
  const folder = join(config.model, config.folder);
  await writePart(folder, "model", { config: clipImageConfig, weights: image });
  if (!config.text) return folder;
  const text = part(clipTextProgram(clipTextConfig as ClipTextConfig));
  await writePart(join(config.model, "text_encoder"), "model", {
    config: clipTextConfig,
    weights: text,
  });
  const tokenizer = join(config.model, "tokenizer");
  await mkdir(tokenizer, { recursive: true });
  for await (const { name } of Deno.readDir(tokenizerFolder)) {
    await copyFile(join(tokenizerFolder, name), join(tokenizer, name));
  }
  return folder;
}
