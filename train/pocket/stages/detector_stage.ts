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
import type { LossProgram } from "../../../lib/ops/loss_program.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { trainingFields } from "../../loop/config.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { Random } from "../../../lib/core/random.ts";
import type { Stage } from "../../loop/stage.ts";
import type { TrainingBatch } from "../../backends/trainer.ts";
import { detectorLoss } from "../losses/detector_loss.ts";
import { detectorTargets } from "../losses/detector_targets.ts";
import type { PocketObject } from "../objects/objects.ts";
import { drawStudioPicture, studioSprites } from "../studio/studio_scene.ts";
import { outlineStudioScene } from "../studio/scene_plan.ts";
import { loadPocketWorld, type PocketWorld } from "../objects/pocket_world.ts";
import { writePart } from "./write_part.ts";

const schema = v.strictObject({
  ...trainingFields,
  stage: v.literal("pocket-detector"),
  /** Folder that the detector is written to. */
  folder: v.string(),
  /** Side of the pictures, in pixels. */
  side: v.optional(v.number(), 128),
});

type Config = v.InferOutput<typeof schema>;

/**
 * The ruler of places: a detector of the objects' subgroups, trained on all objects, held-out ones
 * too, which the generator never sees.
 */
export const stage: Stage<Config> = {
  schema,
  async open(config) {
    const world = await loadPocketWorld(studioSprites);
    const shape = detectorConfig(world.objects, config.side);
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
          makeBatch(world, {
            shape,
            streams: samples.map(({ random }) => random),
          }),
      },
      program: detectorProgram(shape),
      finish: async (weights) => {
        await writePart(config.folder, "model", { config: shape, weights });
        return join(config.folder, "model.safetensors");
      },
    };
  },
};

/** The detector's config: its classes are the subgroups of `objects`, sorted. */
function detectorConfig(
  objects: readonly PocketObject[],
  side: number,
): PocketDetectorConfig {
  return {
    image_size: side,
    channels: [32, 64, 96],
    norm_num_groups: 8,
    classes: [...new Set(objects.map(({ subgroup }) => subgroup))].sort(),
  };
}

/** The loss of batches of {@linkcode makeBatch}. */
function detectorProgram(shape: PocketDetectorConfig): LossProgram {
  const side = shape.image_size / detectorStride;
  return {
    name: "pocket_detector",
    inputs: {
      pixels: "image",
      classes: "float",
      owned: "float",
      boxes: "float",
    },
    run: (ops, weights, batch) => {
      const { logits, distances } = pocketDetector(
        ops,
        weights,
        batch.pixels!,
        shape,
      );
      const predicted = {
        logits: ops.tokens(logits),
        distances: ops.tokens(distances),
      };
      return detectorLoss(ops, predicted, batch, side);
    },
  };
}

/**
 * Pictures, and of each cell the one-hot class `[N, cells, classes]`, 1 where it belongs to an object
 * `[N, cells, 1]`, and the edges of that in cells, `[N, cells, 4]`.
 */
function makeBatch(
  world: PocketWorld,
  options: { shape: PocketDetectorConfig; streams: readonly Random[] },
): TrainingBatch {
  const { shape, streams } = options;
  const { image_size: pixelsSide, classes } = shape;
  const side = pixelsSide / detectorStride, cells = side * side;
  const count = streams.length, values = 3 * pixelsSide ** 2;
  const pixels = new Float32Array(count * values);
  const hot = new Float32Array(count * cells * classes.length);
  const owned = new Float32Array(count * cells);
  const boxes = new Float32Array(count * 4 * cells);
  for (const [n, stream] of streams.entries()) {
    const options = {
      split: "all",
      size: { width: pixelsSide, height: pixelsSide },
    } as const;
    const own = () => stream.fork("scene");
    const scene = outlineStudioScene(world, own(), options);
    const picture = drawStudioPicture(world, own(), options);
    pixels.set(
      normalisePlanes(blurred(picture, pixelsSide, stream)),
      n * values,
    );
    const shown = [...scene.objects, ...scene.captionObjects];
    const objects = shown.map(({ index, box }) => ({
      box,
      category: classes.indexOf(world.objects[index]!.subgroup),
    }));
    const targets = detectorTargets(objects, side);
    boxes.set(cellByCell(targets.boxes, cells), n * cells * 4);
    for (const [cell, category] of targets.categories.entries()) {
      if (category < 0) continue;
      owned[n * cells + cell] = 1;
      hot[(n * cells + cell) * classes.length + category] = 1;
    }
  }
  return {
    pixels: tensor([count, 3, pixelsSide, pixelsSide], pixels),
    classes: tensor([count, cells, classes.length], hot),
    owned: tensor([count, cells, 1], owned),
    boxes: tensor([count, cells, 4], boxes),
  };
}

/** The edges of cells, `[4, cells]`, as `[cells, 4]`. */
function cellByCell(edges: Float32Array, cells: number): Float32Array {
  return Float32Array.from(
    { length: 4 * cells },
    (_, i) => edges[(i % 4) * cells + Math.floor(i / 4)]!,
  );
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
