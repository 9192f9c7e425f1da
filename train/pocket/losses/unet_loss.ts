import type { Signature, Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import type { Size } from "../../../lib/core/geometry.ts";
import type { LossProgram, LossValues } from "../../../lib/ops/loss_program.ts";
import { clipText } from "../../../lib/encoders/clip_text.ts";
import { addAll } from "../../loop/loss_parts.ts";
import { type AttentionLayer, locrefDenoiser } from "../../locref/denoiser.ts";
import {
  denoiserInputs,
  weightedSquares,
} from "../../locref/denoising_loss.ts";
import { clipTextConfig } from "../stages/clip_configs.ts";
import type { PocketFamily } from "../stages/family.ts";
import { levelMaskNames, namedBySize } from "../stages/level_names.ts";
import { contentLoss, contentTargetNames } from "./content_loss.ts";
import { placeLoss, placeTargetNames } from "./place_loss.ts";

/**
 * Whether latents have the family's own size: the loss of content knows that grid only.
 */
export function isOwnSize(
  { latentSide }: PocketFamily,
  { height, width }: Size,
): boolean {
  return height === latentSide && width === latentSide;
}

/** Weights at the first step of the losses beside Eq. (2). */
export interface UnetLossWeights {
  readonly placeLoss: number;
  readonly contentLoss: number;
}

/**
 * Eq. (2) with the text encoder trained along, and the losses that teach attention where to look,
 * whose weights are multiplied by `rest` of a batch.
 */
export function pocketUnetProgram(
  family: PocketFamily,
  weights: UnetLossWeights,
): LossProgram {
  const { placeLoss: ofPlaces, contentLoss: ofContent } = weights;
  const watches = ofPlaces + ofContent > 0;
  return {
    name: "pocket_unet",
    inputs: {
      ...plainInputs(family),
      ...(watches ? watchedInputs(family) : {}),
    },
    perSample: !watches,
    run: <T>(
      ops: LossOps<T>,
      params: Params<T>,
      batch: Values<T>,
    ): LossValues<T> => {
      const text = clipText(ops, params, batch.ids!, clipTextConfig);
      const seen: AttentionLayer<T>[] = [];
      const watch = (layer: AttentionLayer<T>) => seen.push(layer);
      const size = ops.sizeOf(batch.sample!);
      const named = namedBySize(batch, family.unet, size);
      const inputs = denoiserInputs(named, family.denoiser, size);
      const given = { ...inputs, text, watch };
      const predicted = locrefDenoiser(ops, params, given, family);
      const { target, map } = batch;
      const denoising = weightedSquares(ops, predicted, target!, map!);
      if (!watches) return { loss: denoising };
      const joined = (beside: T, metrics: Record<string, T>) => ({
        loss: ops.add(denoising, ops.mul(beside, batch.rest!)),
        metrics: { denoising, ...metrics },
      });
      const places = placeLoss(ops, seen, batch, family);
      if (!isOwnSize(family, size)) {
        return joined(ops.scale(places, ofPlaces), { places });
      }
      const content = contentLoss(ops, seen, batch, params, family);
      const beside = addAll(ops, [
        ops.scale(places, ofPlaces),
        ops.scale(content, ofContent),
      ]);
      return joined(beside, { places, content });
    },
  };
}

type Kinds = Record<string, Signature["kind"]>;

/** Kinds of the denoiser's inputs, those of Eq. (2) with token ids in place of text. */
export function plainInputs({ unet }: PocketFamily): Kinds {
  return {
    ...{ sample: "image", time: "float", ids: "ids", ci: "float", ri: "float" },
    ...Object.fromEntries(levelMaskNames(unet).map((name) => [name, "float"])),
    ...{ target: "image", map: "image" },
  };
}

function watchedInputs(family: PocketFamily): Kinds {
  const names = [
    ...placeTargetNames(family),
    ...contentTargetNames(family),
    "rest",
  ];
  return Object.fromEntries(names.map((name) => [name, "float"]));
}
