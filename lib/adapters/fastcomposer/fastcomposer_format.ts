import type { Base } from "../../bases/base.ts";
import { renameWeights } from "../../weights/weight_sources.ts";
import type {
  Adapter,
  AdapterFormat,
  AdapterSource,
  BesideAdapter,
} from "../adapter.ts";
import {
  checkAdapterWeights,
  checkPictureWidth,
  checkTextWidth,
  neededImageEncoder,
} from "../check_adapter.ts";
import { fastComposerGraph, fusedWidth } from "./fastcomposer_graph.ts";
import { prepareFastComposer } from "./prepare_fastcomposer.ts";

const own = /^(?:.*\.)?(postfuse_module\..*)$/;

/** FastComposer: pictures in the words of the caption that name them. */
export const fastComposerFormat: AdapterFormat = {
  name: "FastComposer",
  matches: (file) => file.names().some((name) => own.test(name)),
  open: (file, beside) => fastComposerAdapter(file, beside),
};

function fastComposerAdapter(
  file: AdapterSource,
  { imageEncoder }: BesideAdapter,
): Adapter {
  const weights = renameWeights(file, (name) => own.exec(name)?.[1]);
  const adapter: Adapter = {
    kind: "fastcomposer",
    file: file.path,
    weights,
    reads: ["instances"],
    graph: () => fastComposerGraph(weights),
    programs: () => [],
    check: (base) => check(adapter, base, { imageEncoder }),
    prepare: (scene, run) => prepareFastComposer(scene, run, { imageEncoder }),
  };
  return adapter;
}

function check(
  adapter: Adapter,
  base: Base,
  beside: BesideAdapter,
): void {
  const { file, weights } = adapter;
  const width = fusedWidth(weights);
  checkTextWidth(adapter, base, ["text", width]);
  checkAdapterWeights(adapter, base);
  const { projection_dim } = neededImageEncoder(file, beside).config;
  checkPictureWidth(adapter, projection_dim, ["pictures", width]);
}
