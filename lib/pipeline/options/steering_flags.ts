/** The command line's form of FreeU and perturbed-attention guidance. */

import {
  number,
  option,
  repeated,
  text,
  type Values,
} from "../../core/command/option.ts";
import { UsageError } from "../../core/command/usage.ts";
import type { SteeringOptions } from "./steering_options.ts";

/** Options that steer a denoiser without new weights. */
export const steeringFlags = {
  freeu: option(
    {
      must: "B1,B2,S1,S2, four numbers from 0 to 100",
      parse: parseFactors,
    },
    "FreeU's factors, such as 1.5,1.6,0.9,0.2 for Stable Diffusion 1.5",
    { value: "B1,B2,S1,S2", otherwise: "off" },
  ),
  pag: number("scale of perturbed-attention guidance; 3 is usual", {
    ...{ min: 0, max: 1000, otherwise: "0" },
  }),
  pagBlock: repeated(
    text("BLOCK", "block that --pag perturbs, such as up_blocks.0", {
      otherwise: "mid_block",
    }),
  ),
};

function parseFactors(given: string) {
  const parts = given.split(",");
  const [b1, b2, s1, s2] = parts.map((part) =>
    part.trim() === "" ? NaN : Number(part)
  ) as [number, number, number, number];
  const fits = parts.length === 4 &&
    [b1, b2, s1, s2].every((one) => one >= 0 && one <= 100);
  return fits ? { b1, b2, s1, s2 } : undefined;
}

/**
 * The options of a picture that were given on the command line.
 *
 * @throws {UsageError} if blocks are given without a scale.
 */
export function steeringOfFlags(
  { freeu, pag, pagBlock: blocks }: Values<typeof steeringFlags>,
): SteeringOptions {
  if (blocks !== undefined && pag === undefined) {
    throw new UsageError(
      "Option --pag-block goes with --pag, which is missing",
    );
  }
  return {
    ...(freeu !== undefined && { freeu }),
    ...(pag !== undefined && {
      pag: blocks === undefined ? pag : { scale: pag, blocks },
    }),
  };
}
