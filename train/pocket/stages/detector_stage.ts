import { join } from "node:path";
import * as v from "valibot";
import {
  detectorStride,
  pocketDetector,
  type PocketDetectorConfig,
  pocketDetectorProgram,
} from "../../../lib/encoders/pocket_detector.ts";
import { normalisePlanes } from "../../../lib/images/pixel_values.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { upload } from "../../../lib/ops/tfjs/layout.ts";
import { tfjsOps } from "../../../lib/ops/tfjs/ops.ts";
import { trainingFields } from "../../loop/config.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { Stage } from "../../loop/stage.ts";
import type { Tf, TfScalar, TfTensor } from "../../loop/tf.ts";
import { detectorTargets } from "../losses/detector_targets.ts";
import type { PocketObject } from "../world/objects.ts";
import {
  drawScene,
  loadPocketWorld,
  type PocketWorld,
} from "../world/scenes.ts";
import { writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-detector"),
  /** Folder that the detector is written to. */
  folder: v.string(),
});

type Config = v.InferOutput<typeof schema>;

interface Batch {
  readonly pixels: TfTensor;
  /** One-hot classes of all cells, `[N, side, side, classes]`. */
  readonly classes: TfTensor;
  /** 1 where a cell belongs to an object, `[N, side, side, 1]`. */
  readonly owned: TfTensor;
  /** Edges in cells, `[N, side, side, 4]`. */
  readonly boxes: TfTensor;
}

/**
 * The ruler of places: a detector of the objects' subgroups, trained on all objects, held-out ones
 * too, which the generator never sees.
 */
export const stage: Stage<Config, Batch> = {
  schema,
  async open(config, { tf }) {
    const world = await loadPocketWorld();
    const shape = detectorConfig(world.objects);
    const ops = tfjsOps(tf, { training: true });
    return {
      trainable: initialWeights(listWeights(pocketDetectorProgram(shape)), {
        seed: config.seed,
        rule: (name) =>
          name === "logits.weight" ? { kind: "normal", std: 0.01 } : undefined,
      }),
      decays: (name) => name.endsWith(".weight") && !name.includes("norm"),
      data: {
        length: Infinity,
        batch: (samples) =>
          makeBatch(tf, world, {
            shape,
            streams: samples.map(({ random }) => random),
          }),
      },
      loss: (batch, weights) =>
        detectorLoss({ tf, ops, shape }, batch, weights),
      finish: async (weights) => {
        await writePart(config.folder, "model", { config: shape, weights });
        return join(config.folder, "model.safetensors");
      },
    };
  },
};

/** The detector's config: its classes are the subgroups of `objects`, sorted. */
export function detectorConfig(
  objects: readonly PocketObject[],
): PocketDetectorConfig {
  return {
    image_size: 64,
    channels: [32, 64, 96],
    norm_num_groups: 8,
    classes: [...new Set(objects.map(({ subgroup }) => subgroup))].sort(),
  };
}

function makeBatch(
  tf: Tf,
  world: PocketWorld,
  options: { shape: PocketDetectorConfig; streams: readonly Random[] },
): Batch {
  const { shape, streams } = options;
  const { image_size: pixelsSide, classes } = shape;
  const side = pixelsSide / detectorStride, cells = side * side;
  const count = streams.length, values = 3 * pixelsSide ** 2;
  const pixels = new Float32Array(count * values);
  const hot = new Float32Array(count * cells * classes.length);
  const owned = new Float32Array(count * cells);
  const boxes = new Float32Array(count * 4 * cells);
  for (const [n, stream] of streams.entries()) {
    const scene = drawScene(world, stream.fork("scene"), { split: "all" });
    pixels.set(
      normalisePlanes(blurred(scene.picture, pixelsSide, stream)),
      n * values,
    );
    const objects = scene.objects.map(({ index, box }) => ({
      box,
      category: classes.indexOf(world.objects[index]!.subgroup),
    }));
    const targets = detectorTargets(objects, side);
    boxes.set(targets.boxes, n * 4 * cells);
    for (const [cell, category] of targets.categories.entries()) {
      if (category < 0) continue;
      owned[n * cells + cell] = 1;
      hot[(n * cells + cell) * classes.length + category] = 1;
    }
  }
  return {
    pixels: upload(
      tf,
      tensor([count, 3, pixelsSide, pixelsSide], pixels),
      "image",
    ),
    classes: tf.tensor(hot, [count, side, side, classes.length]),
    owned: tf.tensor(owned, [count, side, side, 1]),
    boxes: upload(tf, tensor([count, 4, side, side], boxes), "image"),
  };
}

/** Most pictures lose sharpness, since generated ones are never as sharp as drawn ones. */
function blurred(
  planes: Float32Array,
  side: number,
  stream: Random,
): Float32Array {
  const passes = stream.integer(4);
  for (let i = 0; i < passes; i++) {
    planes = blurredOnce(planes, side, 0.25 * stream.uniform());
  }
  return planes;
}

function blurredOnce(
  planes: Float32Array,
  side: number,
  share: number,
): Float32Array {
  return planes.map((value, i) => {
    const x = i % side, y = Math.floor(i / side) % side;
    const beside = (x > 0 ? planes[i - 1]! : value) +
      (x < side - 1 ? planes[i + 1]! : value) +
      (y > 0 ? planes[i - side]! : value) +
      (y < side - 1 ? planes[i + side]! : value);
    return value * (1 - 4 * share * 0.8) + beside * share * 0.8;
  });
}

/** Focal loss on classes (Lin et al. 2017) and IoU loss on boxes (Yu et al. 2016). */
function detectorLoss(
  model: { tf: Tf; ops: Ops<TfTensor>; shape: PocketDetectorConfig },
  batch: Batch,
  weights: Params<TfTensor>,
) {
  const { tf, ops, shape } = model;
  const { logits, distances } = pocketDetector(
    ops,
    weights,
    batch.pixels,
    shape,
  );
  const positives = tf.maximum(tf.sum(batch.owned), 1);
  const focal = tf.div(
    tf.sum(focalTerms(tf, logits, batch.classes)),
    positives,
  );
  const iou = predictedIou(tf, distances, batch.boxes);
  const misses = tf.div(tf.sum(tf.mul(tf.sub(1, iou), batch.owned)), positives);
  const mean = tf.div(tf.sum(tf.mul(iou, batch.owned)), positives) as TfScalar;
  return {
    loss: tf.add(focal, tf.mul(misses, 2)) as TfScalar,
    metrics: { iou: mean },
  };
}

function focalTerms(tf: Tf, logits: TfTensor, truth: TfTensor): TfTensor {
  const p = tf.clipByValue(tf.sigmoid(logits), 1e-6, 1 - 1e-6);
  const right = tf.mul(tf.mul(truth, tf.square(tf.sub(1, p))), tf.log(p));
  const wrong = tf.mul(
    tf.mul(tf.sub(1, truth), tf.square(p)),
    tf.log(tf.sub(1, p)),
  );
  return tf.neg(tf.add(tf.mul(right, 0.75), tf.mul(wrong, 0.25)));
}

/** IoU of each cell's predicted box with its true one, `[N, side, side, 1]`. */
function predictedIou(tf: Tf, distances: TfTensor, boxes: TfTensor): TfTensor {
  const side = distances.shape[1]!;
  const reach = tf.split(tf.exp(tf.clipByValue(distances, -4, 4)), 4, 3);
  const edges = tf.split(boxes, 4, 3);
  const along = tf.add(tf.range(0, side), 0.5);
  const x = tf.reshape(along, [1, 1, side, 1]),
    y = tf.reshape(along, [1, side, 1, 1]);
  const own = [
    tf.sub(x, reach[0]!),
    tf.sub(y, reach[1]!),
    tf.add(x, reach[2]!),
    tf.add(y, reach[3]!),
  ];
  const shared = (low: number, high: number) =>
    tf.relu(
      tf.sub(
        tf.minimum(own[high]!, edges[high]!),
        tf.maximum(own[low]!, edges[low]!),
      ),
    );
  const length = (of: readonly TfTensor[], low: number, high: number) =>
    tf.sub(of[high]!, of[low]!);
  const inside = tf.mul(shared(0, 2), shared(1, 3));
  const area = (of: readonly TfTensor[]) =>
    tf.mul(length(of, 0, 2), length(of, 1, 3));
  const union = tf.sub(tf.add(area(own), area(edges)), inside);
  return tf.div(inside, tf.add(union, 1e-6));
}
