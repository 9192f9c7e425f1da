import { counted } from "../../core/counted.ts";
import { floats } from "../../core/tensor_rows.ts";
import type { SamplerPlan } from "../../ddim/sampler.ts";
import type { ReadStart } from "../start/read_start.ts";
import { callsTaken, firstStep } from "../start/run_start.ts";
import { actsAt, type ControlUnit } from "./control_unit.ts";

/** A run, as far as doubts about its controls need to know it. */
export interface ControlledRun {
  /** The whole run. */
  readonly plan: SamplerPlan;
  /** The picture that it begins on. */
  readonly begun?: Pick<ReadStart, "init">;
}

/** Doubts about a control: its picture's, that it would act at no step, or reads no edges. */
export function controlWarnings(
  unit: ControlUnit,
  { plan, begun }: ControlledRun,
): string[] {
  const { name, start, end, edges } = unit;
  const warnings = [...unit.warnings ?? []];
  const from = firstStep(plan.steps, begun?.init.strength ?? 1);
  const taken = plan.steps - from;
  const calls = callsTaken(plan, from);
  const acts = Array.from({ length: calls }).some((_, call) =>
    actsAt(unit, call, calls)
  );
  if (!acts) {
    warnings.push(
      `${name} acts at none of ${
        counted(taken, "step")
      }: no whole step lies between its start ${start} and its end ${end}`,
    );
  }
  if (edges !== undefined && floats(unit.hint).every((one) => one <= 0)) {
    warnings.push(
      `${name}: its picture has no ${edges} edges, so the network reads plain black`,
    );
  }
  return warnings;
}
