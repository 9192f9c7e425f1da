/** Options that steer a denoiser without new weights: FreeU, and perturbed-attention guidance. */

import type { FreeuSettings } from "../../adapters/steering/freeu.ts";
import {
  checkPerturbed,
  type PagSettings,
} from "../../adapters/steering/perturbed_attention.ts";
import type { Places } from "../../bases/places.ts";
import { type Fields, nested } from "../../core/check_options.ts";
import { belongs, either, flag, list, number, text } from "../../core/kinds.ts";

/** How a denoiser is steered without new weights. */
export interface SteeringOptions {
  /**
   * FreeU: factors of features and skips on the way up, `true` for those of Stable Diffusion 1.5 (Si et
   * al. 2023). It costs no time.
   *
   * @default {off}
   */
  freeu?: FreeuSettings | boolean;
  /**
   * Perturbed-attention guidance: a number is its scale, 3 is usual (Ahn et al. 2024). Each step has
   * one evaluation more, of one row.
   *
   * @default {0}
   */
  pag?: PagSettings | number;
}

const factor = number({ min: 0, max: 100 });
const scale = number({ min: 0, max: 1000 });

const freeuSettings = nested<FreeuSettings>({
  must:
    "true, false, or an object such as { b1: 1.5, b2: 1.6, s1: 0.9, s2: 0.2 }",
  fields: { b1: factor, b2: factor, s1: factor, s2: factor },
});

const blocks = {
  ...list('names of blocks, such as ["mid_block"]', text()),
  allows: (names: readonly unknown[]) =>
    names.length > 0 && names.every((name) => belongs(name, text())),
};

const pagSettings = nested<PagSettings>({
  must: 'a scale from 0 to 1000, or { scale, blocks: ["mid_block"] }',
  needed: ["scale"],
  fields: { scale, blocks },
});

/** The kinds of these options. */
export const steeringFields: Fields<SteeringOptions> = {
  freeu: {
    ...freeuSettings,
    is: either(flag, freeuSettings).is,
    inside: (value: FreeuSettings | boolean, name) =>
      typeof value === "boolean" ||
      freeuSettings.inside!(value as never, name),
  },
  pag: {
    ...pagSettings,
    is: either(scale, pagSettings).is,
    allows: (value: PagSettings | number) =>
      typeof value !== "number" || belongs(value, scale),
    inside: (value: PagSettings | number, name) =>
      typeof value === "number" || pagSettings.inside!(value as never, name),
  },
};

/** Settings of FreeU; `undefined` where it is off. */
export function chosenFreeu(
  { freeu }: SteeringOptions,
): FreeuSettings | undefined {
  if (freeu === undefined || freeu === false) return undefined;
  return freeu === true ? {} : freeu;
}

/** Settings of perturbed-attention guidance; `undefined` where it is off. */
export function chosenPag({ pag }: SteeringOptions): PagSettings | undefined {
  const settings = typeof pag === "number" ? { scale: pag } : pag;
  return settings === undefined || settings.scale === 0 ? undefined : settings;
}

/**
 * Makes sure that a model has the blocks that are named.
 *
 * @throws {RangeError} naming the block.
 */
export function checkSteering(
  options: SteeringOptions,
  { sites }: Pick<Places, "sites">,
): void {
  const pag = chosenPag(options);
  if (pag !== undefined) checkPerturbed(pag, sites);
}
