import type { GoldenSet } from "../golden_set.ts";
import { layoutGuidanceCases } from "./layout_guidance_cases.ts";
import { baseCases } from "./base_cases.ts";
import { fastComposerCases } from "./fastcomposer_cases.ts";
import { instantStyleCases } from "./instant_style_cases.ts";
import { styleAlignedCases } from "./style_aligned_cases.ts";
import { msDiffusionCases } from "./ms_diffusion_cases.ts";
import { migcCases } from "./migc_cases.ts";
import { boundedCases } from "./bounded_cases.ts";
import { boundedLossCases } from "./bounded_loss_cases.ts";
import { gligenCases } from "./gligen_cases.ts";
import { hostCases } from "./host_cases.ts";
import { listedCases } from "./listed_cases.ts";
import { trainCases } from "./train_cases.ts";
import { pickleCases } from "./pickle_cases.ts";

/** The paper's rivals and related systems. A group is a file and a line. */
export const baselinesSet: GoldenSet = {
  name: "goldens-baselines",
  marker: "pickles.json",
  listed: listedCases,
  groups: [
    () => pickleCases,
    () => layoutGuidanceCases,
    () => hostCases,
    () => gligenCases,
    () => baseCases,
    () => instantStyleCases,
    () => fastComposerCases,
    () => boundedCases,
    () => boundedLossCases,
    () => migcCases,
    () => styleAlignedCases,
    () => msDiffusionCases,
    () => trainCases,
  ],
};
