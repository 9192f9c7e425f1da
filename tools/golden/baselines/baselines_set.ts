import type { GoldenSet } from "../golden_set.ts";
import { layoutGuidanceCases } from "./layout_guidance_cases.ts";
import { listedCases } from "./listed_cases.ts";
import { pickleCases } from "./pickle_cases.ts";

/** The paper's rivals and related systems. A group is a file and a line. */
export const baselinesSet: GoldenSet = {
  name: "goldens-baselines",
  marker: "pickles.json",
  listed: listedCases,
  groups: [() => pickleCases, () => layoutGuidanceCases],
};
