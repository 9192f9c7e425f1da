import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Adapter } from "../adapter.ts";
import { type NamedAdapter, withoutWeights } from "../weightless.ts";
import { prepareLayoutGuidance } from "./prepare_layout_guidance.ts";

/** It moves latents, and changes nothing inside the denoiser. */
const graph: AdapterGraph = {
  prefix: "layout_guidance",
  acts: [],
  hooks: () => ({}),
};

/** Layout guidance (Chen, Laina and Vedaldi 2023): latents move until attention lies in the boxes. */
export const layoutGuidanceAdapter: NamedAdapter = {
  name: "layout-guidance",
  summary: "latents move until attention lies in the boxes (Chen et al. 2023)",
  open: (): Adapter => ({
    ...withoutWeights("layout-guidance"),
    reads: ["instances"],
    graph: () => graph,
    prepare: prepareLayoutGuidance,
  }),
};
