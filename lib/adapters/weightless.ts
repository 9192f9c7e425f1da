import { memoryWeights } from "../weights/weight_sources.ts";
import type { Adapter } from "./adapter.ts";

/** An adapter that needs no file, by the name that `load` takes in place of one. */
export interface NamedAdapter {
  readonly name: string;
  /** One line for tables. */
  readonly summary: string;
  open(): Adapter;
}

/** The parts that all adapters without weights share. */
export function withoutWeights(
  name: string,
): Pick<Adapter, "kind" | "file" | "weights" | "programs" | "check"> {
  return {
    kind: name,
    file: name,
    weights: memoryWeights(new Map()),
    programs: () => [],
    check: () => {},
  };
}
