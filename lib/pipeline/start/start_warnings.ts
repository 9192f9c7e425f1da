import { counted } from "../../core/counted.ts";
import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import {
  isTransparent,
  latentMask,
  type PaintMask,
} from "../../images/editing/paint_mask.ts";
import type { Raster } from "../../images/raster.ts";
import { featheredAlpha } from "../../images/editing/paste_back.ts";
import { pagesWarning } from "../prepare/mask_warnings.ts";
import type { InitData } from "../../scene_data/init_data.ts";
import type { PaintedPart } from "./painted_part.ts";
import { maskName, startName, usualFeather } from "./read_start.ts";
import { stepsTaken } from "./run_start.ts";

/** A run that begins on a picture. */
export interface PlannedStart {
  readonly init: InitData;
  /** The whole photograph, as its file has it. */
  readonly photo?: Raster;
  /** Pictures in its file. @default {1} */
  readonly pages?: number;
  /** Pixels of the whole photograph that are painted anew. */
  readonly mask?: PaintMask;
  /** Whether the mask's picture is transparent in parts. @default {false} */
  readonly transparent?: boolean;
  /** Pictures in the mask's file. @default {1} */
  readonly maskPages?: number;
  readonly part: Pick<PaintedPart, "mask" | "picture">;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Steps of the whole run. */
  readonly steps: number;
}

/**
 * Doubts about a run that begins on a picture, one sentence each: a strength of less than a step,
 * boxes smaller than a cell of the latents, a feather that hides what is painted; a mask that other
 * programs read the other way round, and a transparent picture.
 *
 * @throws {LocRefError} `image-invalid` if a mask marks no cell, so that nothing would be painted.
 */
export function startWarnings(planned: PlannedStart): string[] {
  return [
    strengthWarning(planned),
    reachWarning(planned),
    ...maskWarnings(planned),
  ].filter((one) => one !== undefined);
}

/** Those doubts that need no model and no run: the ones about feather, mask and picture. */
export function maskWarnings(
  start: Pick<
    PlannedStart,
    "init" | "photo" | "pages" | "mask" | "transparent" | "maskPages"
  >,
): string[] {
  return [
    featherWarning(start),
    transparentWarning(start),
    groundWarning(start),
    pagesWarning(startName(start.init), start.pages),
    pagesWarning(maskName(start.init.mask ?? ""), start.maskPages),
  ].filter((one) => one !== undefined);
}

function strengthWarning({ init, steps }: PlannedStart): string | undefined {
  if (stepsTaken(steps, init.strength) >= 1) return undefined;
  return `Strength ${init.strength} of ${
    counted(steps, "step")
  } is less than one step, so one is taken: give more steps or a higher strength`;
}

/** The mask at the latents' size takes the nearest pixel of each cell, which a small place can miss. */
function reachWarning(
  { init, part: { mask, picture }, latent }: PlannedStart,
): string | undefined {
  if (mask === undefined || latentMask(mask, latent).includes(1)) return;
  const cell = Math.round(picture.width / latent.width);
  const so =
    `no cell of the latents, each ${cell} pixels wide, so nothing is painted anew: mark more, or give padding to paint the part alone`;
  if (init.mask === undefined) {
    return `The boxes that are painted anew reach ${so}`;
  }
  throw new LocRefError(
    "image-invalid",
    `${maskName(init.mask)} reaches ${so}`,
  );
}

/** The blend lies inside the mask, so that a wide one leaves nothing that is painted in full. */
function featherWarning(
  { init, mask }: Pick<PlannedStart, "init" | "mask">,
): string | undefined {
  if (mask === undefined) return;
  const feather = init.feather ?? usualFeather(mask);
  const most = featheredAlpha(mask, feather)
    .reduce((one, other) => Math.max(one, other), 0);
  if (most >= 0.5) return;
  return `A feather of ${
    counted(feather, "pixel")
  } is wider than what is painted anew, of which at most ${
    Math.ceil(100 * most)
  } % shows: give a lower feather`;
}

/** Other programs, and OpenAI's edits, paint what is transparent in a mask. */
function transparentWarning(
  { init, transparent = false }: Pick<PlannedStart, "init" | "transparent">,
): string | undefined {
  if (!transparent || init.mask === undefined) return;
  return `${
    maskName(init.mask)
  } is transparent in parts, which are kept: where they are to be painted anew, as in OpenAI's masks, fill them with white and the rest with black`;
}

/** A model reads no transparency: it sees the colours that a file keeps beneath, often black. */
function groundWarning(
  { init, photo }: Pick<PlannedStart, "init" | "photo">,
): string | undefined {
  if (photo === undefined || !isTransparent(photo)) return undefined;
  return `${
    startName(init)
  } is transparent in parts, where the model sees the colours beneath, often black: lay it on a ground first, or place it as a reference`;
}
