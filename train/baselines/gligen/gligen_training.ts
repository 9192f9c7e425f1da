import { join } from "node:path";
import { boxFourier } from "../../../lib/adapters/gligen/box_fourier.ts";
import { gligenWeights } from "../../../lib/adapters/gligen/gligen_weights.ts";
import {
  type GroundedKind,
  type GroundedScene,
  groundingInputs,
  kindOf,
  noObjects,
} from "../../../lib/adapters/gligen/grounding_inputs.ts";
import { groundedObjects } from "../../../lib/adapters/gligen/grounding_net.ts";
import { pictureFeatures } from "../../../lib/adapters/gligen/picture_features.ts";
import type { Random } from "../../../lib/core/random.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { concatBatch } from "../../../lib/core/tensor_rows.ts";
import { writeHostWeights } from "../../loop/host_weights.ts";
import type {
  AdapterTraining,
  ConditionedScene,
  FrozenModels,
} from "../adapter_training.ts";
import { checkPooled } from "../check_pooled.ts";
import { neededPhrases } from "../scene_batches.ts";
import { gligenNet } from "./gligen_net.ts";

/** Settings of {@linkcode gligenTraining}. */
export interface GligenTrainingOptions {
  /** Whether objects have pictures beside phrases. */
  readonly pictures: boolean;
  /** Probability that an object goes without one of the two. */
  readonly featureDropout: number;
}

/** GLIGEN's part of training: gates begin at 0, so that the base is as it was. */
export function gligenTraining(
  models: FrozenModels,
  options: GligenTrainingOptions,
): AdapterTraining {
  const { base, imageEncoder } = models;
  const width = base.textWidth;
  checkPooled(models, "GLIGEN");
  // pictures' embeddings enter as they are: a matrix of ones on the diagonal lies beside the file
  const matrix = options.pictures
    ? identity(imageEncoder!.projection_dim)
    : undefined;
  return {
    net: gligenNet({ pictures: options.pictures, width }, models.places),
    initial: (name) =>
      /\.alpha_(attn|dense)$|^position_net\.null_/.test(name)
        ? { kind: "zeros" }
        : undefined,
    weightsOf: gligenWeights,
    async conditions(scenes) {
      const rows: GroundedScene[] = [];
      for (const scene of scenes) {
        const all = await objectsOf(scene, models, { ...options, matrix });
        rows.push(scene.dropped ? noObjects(all) : all);
      }
      return groundingInputs(rows);
    },
    beside: matrix && (async (folder) => {
      const path = join(folder, "image_project");
      await Deno.mkdir(path, { recursive: true });
      await writeHostWeights(
        join(path, "diffusion_pytorch_model.safetensors"),
        new Map([["project.weight", {
          shape: matrix.shape,
          data: matrix.data as Float32Array,
        }]]),
      );
    }),
  };
}

async function objectsOf(
  scene: ConditionedScene,
  { base, encoders }: FrozenModels,
  { pictures, featureDropout, matrix }: GligenTrainingOptions & {
    readonly matrix: Tensor | undefined;
  },
): Promise<GroundedScene> {
  const boxes = scene.seen.boxes.slice(0, groundedObjects);
  const left = droppedFeatures(
    scene.random.fork("features"),
    boxes.length,
    pictures ? featureDropout : 0,
  );
  const texts = pictures ? scene.phrases : neededPhrases(scene, "GLIGEN");
  const phrases: (Float32Array | undefined)[] = [];
  const embeds: (Tensor | undefined)[] = [];
  for (const i of boxes.keys()) {
    const text = left[i] === "phrase" ? undefined : texts[i];
    phrases.push(
      text === undefined
        ? undefined
        : (await encoders.text(text)).pooled!.data as Float32Array,
    );
    embeds.push(
      pictures && left[i] !== "picture"
        ? await encoders.features(scene.seen.references[i]!, {
          ...{ output: "embeds", fit: "cover" },
        })
        : undefined,
    );
  }
  const width = base.textWidth;
  const all = {
    boxes: kindOf(boxFourier(boxes), boxes.length),
    phrases: { width, rows: phrases },
  };
  return matrix === undefined
    ? all
    : { ...all, pictures: pictureKind(embeds, matrix) };
}

/** Which feature each object goes without. */
function droppedFeatures(
  stream: Random,
  count: number,
  probability: number,
): ("phrase" | "picture" | undefined)[] {
  return Array.from({ length: count }, () => {
    const dropped = stream.chance(probability);
    const phrase = stream.chance(0.5);
    return dropped ? phrase ? "phrase" : "picture" : undefined;
  });
}

function pictureKind(
  embeds: readonly (Tensor | undefined)[],
  matrix: Tensor,
): GroundedKind {
  const given = embeds.filter((one) => one !== undefined);
  const width = matrix.shape[0]!;
  if (given.length === 0) return { width, rows: [] };
  const { rows } = kindOf(
    pictureFeatures(concatBatch(given), matrix),
    given.length,
  );
  let next = 0;
  return {
    width,
    rows: embeds.map((one) => one === undefined ? undefined : rows[next++]),
  };
}

function identity(side: number): Tensor {
  const data = new Float32Array(side * side);
  for (let i = 0; i < side; i++) data[i * side + i] = 1;
  return tensor([side, side], data);
}
