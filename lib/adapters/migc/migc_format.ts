import type { Base } from "../../bases/base.ts";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import type { Adapter, AdapterFormat, AdapterSource } from "../adapter.ts";
import { checkAdapterWeights, checkTextWidth } from "../check_adapter.ts";
import { migcGraph } from "./migc_graph.ts";
import { isMigc, migcFile } from "./migc_weights.ts";
import { prepareMigc } from "./prepare_migc.ts";

/** MIGC and MIGC++: boxes with captions. */
export const migcFormat: AdapterFormat = {
  name: "MIGC",
  matches: isMigc,
  open: (file) => migcAdapter(file),
};

/** Licence of MIGC's code and weights, which its conversions keep. */
const licence =
  "MIGC's code and weights are licensed for non-commercial research only";

function migcAdapter(file: AdapterSource): Adapter {
  const { plus, paths, weights } = migcFile(file);
  const textWidth = weights.info(`${paths[0]}.migc.ea.to_k.weight`)?.shape[1] ??
    0;
  const form = { textWidth, plus, paths, fuser: plus };
  const adapter: Adapter = {
    kind: plus ? "migc-plus" : "migc",
    file: file.path,
    weights,
    reads: ["instances"],
    notes: [`Adapter ${quote(file.path)}: ${licence}`],
    // with settings all layers may mix captions
    graph: () => migcGraph(form, weights),
    programs: () => [],
    check: (base) => check(adapter, base, { textWidth, paths }),
    prepare: (scene, run) =>
      prepareMigc(scene, run, { ...{ plus, paths, weights } }),
  };
  return adapter;
}

function check(
  adapter: Adapter,
  base: Base,
  { textWidth, paths }: { textWidth: number; paths: readonly string[] },
): void {
  const { file } = adapter;
  checkTextWidth(adapter, base, ["captions", textWidth]);
  const { sites } = base.places({ height: 8, width: 8 });
  const known = new Set(sites.map(({ path }) => path));
  const other = paths.find((path) => !known.has(path));
  if (other !== undefined) {
    throw new LocRefError(
      "checkpoint-mismatch",
      `Adapter ${quote(file)} acts in ${
        quote(other)
      }, which the UNet does not have`,
    );
  }
  // strengths of layers are read by the host
  checkAdapterWeights(adapter, base, [/\.migc\.gamma$/]);
}
