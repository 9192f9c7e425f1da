import type { Adapter } from "../adapter.ts";
import { type NamedAdapter, withoutWeights } from "../weightless.ts";
import { boundedGraph } from "./bounded_graph.ts";
import { prepareBounded } from "./prepare_bounded.ts";

/** Bounded Attention (Dahary et al. 2024): boxes as masks of attention, and guidance by them. */
export const boundedAdapter: NamedAdapter = {
  name: "bounded-attention",
  summary: "boxes as masks of attention (Dahary et al. 2024)",
  open: (): Adapter => ({
    ...withoutWeights("bounded-attention"),
    reads: ["instances"],
    graph: () => boundedGraph,
    prepare: prepareBounded,
  }),
};
