import { controlGraph } from "../../adapters/controlnet/control_graph.ts";
import { t2iGraph } from "../../adapters/t2i_adapter/t2i_graph.ts";
import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import type { DenoiserCall } from "../denoise/denoise_options.ts";
import type { ControlContext, ControlUnit } from "./control_unit.ts";
import { controlnetRun } from "./controlnet_run.ts";
import { t2iRun } from "./t2i_run.ts";

/** The controls of a run: their part of the graph, and their inputs at every evaluation. */
export interface ControlRun {
  readonly adapters: readonly AdapterGraph[];
  callInputs(call: DenoiserCall): Promise<Values<Tensor>>;
}

/** Prepares the controls of a run: what does not change between steps is computed here. */
export async function runControls(
  units: readonly ControlUnit[],
  context: ControlContext,
): Promise<ControlRun> {
  const nets = units.filter(({ control }) => control.kind === "controlnet");
  const others = units.filter(({ control }) => control.kind !== "controlnet");
  const residuals = nets.length > 0
    ? await controlnetRun(nets, context)
    : undefined;
  const features = others.length > 0
    ? await t2iRun(others, context)
    : undefined;
  return {
    adapters: [
      ...(residuals ? [controlGraph] : []),
      ...(features ? [t2iGraph(features.count)] : []),
    ],
    callInputs: async (call) => ({
      ...await residuals?.(call),
      ...features?.inputs(call),
    }),
  };
}
