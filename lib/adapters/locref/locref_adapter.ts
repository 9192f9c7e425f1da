import { traceStep } from "./trace_step.ts";
import type { Adapter, AdapterFile } from "../adapter.ts";
import { joinBranches } from "./locref_graph.ts";
import { locrefGraph, referenceInputs } from "./locref_graph.ts";
import { locrefPrograms } from "./locref_programs.ts";
import { maskSource } from "./mask_source.ts";
import { prepareReferences } from "./prepare_references.ts";

/** LocRef on an open file: Appearance-Net, and Layout-net in every cross-attention layer. */
export function locrefAdapter(file: AdapterFile): Adapter {
  const { shape, weights } = file;
  return {
    ...file,
    graph: locrefGraph,
    programs: (base) =>
      Object.entries(locrefPrograms(shape, base)).map(([name, program]) => ({
        name,
        part: "adapter" as const,
        weights,
        program,
      })),
    explain: traceStep,
    async prepare(scene, run) {
      const { ci, ri } = await prepareReferences(file, scene, run);
      const fixed = referenceInputs(joinBranches(ci, ri));
      const masks = maskSource(scene, run);
      return (step, of) => ({ ...fixed, ...masks(step, of) });
    },
  };
}
