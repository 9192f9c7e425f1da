import type { FractionBox, Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { joinFloats } from "../../core/tensor_rows.ts";
import type { Values } from "../../ops/executor.ts";
import { boxFourier } from "../gligen/box_fourier.ts";
import { migcSlots } from "./migc_layer.ts";
import { type MigcMasks, migcMasks, type PixelMask } from "./migc_masks.ts";

/** Strengths of an instance. */
export interface MigcScales {
  /** Weight of its caption. @default {1} */
  readonly caption?: number;
  /** Weight of its enhancement. @default {1} */
  readonly enhancement?: number;
  /** Weight of its score among the phases. @default {1} */
  readonly score?: number;
}

/** An instance as MIGC reads it. */
export interface MigcInstance extends MigcScales {
  readonly box: FractionBox;
  readonly mask: PixelMask;
  /** Pooled caption, `[width]`. */
  readonly phrase: Float32Array;
  /** Whether it only fills a place, so that all scenes of a training have one shape. @default {false} */
  readonly absent?: boolean;
}

/** Sizes of a run of MIGC. */
export interface MigcSizes {
  /** In pixels. */
  readonly picture: Size;
  readonly latent: Size;
  /** Sizes of layers, each once. */
  readonly layers: readonly Size[];
}

/** Added to scores of phases and cells that are out of reach. */
const outOfReach = -1e9;

/** Strength of captions against that of the scene in NaiveFuser. */
const captionWeight = 10;

/** Which rows of the batch are plain and which are MIGC's: the unconditional comes first. */
export function migcBranches(guided: boolean): Values<Tensor> {
  const rows = guided ? [0, 1] : [1];
  const shape = [rows.length, 1, 1];
  return {
    mixed: tensor(shape, Float32Array.from(rows)),
    plain: tensor(shape, Float32Array.from(rows, (row) => 1 - row)),
  };
}

/** Inputs of MIGC's layers, but for keys and values of captions and gates. */
export function migcInputs(
  instances: readonly MigcInstance[],
  { picture, latent, layers }: MigcSizes,
  plus: boolean,
): Values<Tensor> {
  const count = instances.length;
  const width = instances[0]?.phrase.length ?? 0;
  const nowhere = { x0: 0, y0: 0, x1: 0, y1: 0 };
  const boxes = boxFourier(
    [nowhere, ...instances.map(({ box }) => box)],
    "xxyy",
  );
  const phrases = new Float32Array((count + 1) * width);
  instances.forEach(({ phrase }, i) => phrases.set(phrase, (i + 1) * width));
  const phases = count + (plus ? 2 : 3);
  const ones = (...shape: number[]) =>
    tensor(shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(1));
  return {
    boxes: tensor([count + 1, 1, boxes.shape[1]!], boxes.data),
    phrases: tensor([count + 1, 1, width], phrases),
    every_caption: ones(1, count + 1, 1),
    every_phase: ones(1, 1, phases),
    ...slotInputs(instances, phases, plus),
    ...Object.assign(
      {},
      ...layers.map((layer) => {
        const masks = migcMasks(
          instances.map(({ mask }) => mask),
          picture,
          { latent, layer },
        );
        return layerMasks(masks, instances, { layer, phases, plus });
      }),
    ),
  };
}

/** Which phase stands in which of the thirty slots, and back. */
function slotInputs(
  instances: readonly MigcInstance[],
  phases: number,
  plus: boolean,
): Values<Tensor> {
  const nothing = plus ? 0 : phases - 1;
  const within = plus ? phases - 1 : phases - 2;
  // the background stands first where there is one
  const order = [
    ...plus ? [] : [0],
    ...instances.flatMap(({ absent }, i) => absent ? [] : [i + 1]),
  ];
  const slots = new Float32Array(migcSlots * phases);
  const picks = new Float32Array(phases * migcSlots);
  for (let slot = 0; slot < migcSlots; slot++) {
    const phase = order[slot] ?? (slot === migcSlots - 1 ? within : nothing);
    slots[slot * phases + phase] = 1;
    if (phase === nothing) continue;
    const instance = instances[phase - 1];
    const scale = phase === within ? 1 : instance?.score ?? 1;
    picks[phase * migcSlots + slot] = phase === 0 ? 1 : scale;
  }
  const closed = new Float32Array(phases);
  closed[nothing] = outOfReach;
  instances.forEach(({ absent }, i) => {
    if (absent) closed[i + 1] = outOfReach;
  });
  return {
    slots: tensor([1, migcSlots, phases], slots),
    picks: tensor([1, phases, migcSlots], picks),
    closed: tensor([1, phases, 1], closed),
  };
}

function layerMasks(
  { background, instances: masks }: MigcMasks,
  instances: readonly MigcInstance[],
  { layer, phases, plus }: { layer: Size; phases: number; plus: boolean },
): Values<Tensor> {
  const queries = background.length;
  const none = new Float32Array(queries);
  const all = none.map(() => 1);
  const scaled = (
    factor: (instance: MigcInstance) => number | undefined,
  ) =>
    masks.map((mask, i) => mask.map((m) => m * (factor(instances[i]!) ?? 1)));
  const rows = (list: readonly Float32Array[]) =>
    tensor([list.length, queries, 1], joinFloats(list));
  const key = sizeKey(layer);
  const phaseMasks = plus
    ? Array<Float32Array>(phases).fill(none)
    : [background, ...masks, all, none];
  return {
    [`result_mask.${key}`]: rows([
      background,
      ...scaled(({ caption }) => caption),
    ]),
    [`enhanced_mask.${key}`]: rows([
      none,
      ...scaled(({ enhancement }) => enhancement),
    ]),
    [`phase_mask.${key}`]: rows(phaseMasks),
    [`apart.${key}`]: tensor(
      [1, queries, queries],
      apart([background, ...masks]),
    ),
    [`shader.${key}`]: tensor(
      [1, masks.length + 1, queries],
      joinFloats(shaderWeights(masks, queries)),
    ),
  };
}

/** Large negative numbers where no mask holds both cells. */
function apart(masks: readonly Float32Array[]): Float32Array {
  const count = masks[0]!.length;
  const bias = new Float32Array(count * count).fill(outOfReach);
  for (const mask of masks) {
    const held = [...mask.keys()].filter((i) => mask[i]! > 0);
    for (const a of held) for (const b of held) bias[a * count + b] = 0;
  }
  return bias;
}

/** NaiveFuser's shares of the scene's caption and of each instance's, which sum to almost 1. */
export function shaderWeights(
  masks: readonly Float32Array[],
  queries: number,
): Float32Array[] {
  const total = Float64Array.from(
    { length: queries },
    (_, q) =>
      1 + captionWeight * masks.reduce((sum, m) => sum + m[q]!, 0) + 1e-6,
  );
  return [
    Float32Array.from(total, (one) => 1 / one),
    ...masks.map((mask) =>
      mask.map((value, q) => captionWeight * value / total[q]!)
    ),
  ];
}
