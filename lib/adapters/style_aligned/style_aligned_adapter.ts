import type { Adapter } from "../adapter.ts";
import { type NamedAdapter, withoutWeights } from "../weightless.ts";
import { prepareStyle } from "./prepare_style.ts";
import { styledGraph } from "./styled_graph.ts";

/** The graph without settings: those decide which of its hooks act. */
const usual = styledGraph({
  adain: { q: true, k: true, v: false },
  shift: 0,
  skip: [],
  groupNorm: true,
});

/** StyleAligned (Hertz et al. 2024): pictures of several scenes in one style. */
export const styleAlignedAdapter: NamedAdapter = {
  name: "style-aligned",
  summary: "pictures of several scenes in one style (Hertz et al. 2024)",
  open: (): Adapter => ({
    ...withoutWeights("style-aligned"),
    reads: ["style"],
    graph: () => usual,
    prepare: prepareStyle,
  }),
};
