/** StyleAligned as runs take it: the style's forward apart from that of each picture. */

import { styledGraph } from "../../../lib/adapters/style_aligned/styled_graph.ts";
import { styleSourceGraph } from "../../../lib/adapters/style_aligned/style_source_graph.ts";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import { toAdapter, toProgram } from "../../../lib/bases/adapter_inputs.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import { type GoldenContext, relativeError } from "../golden_case.ts";
import { runOnce } from "../golden_files.ts";
import { openTinyUnet, placesOf, plainInputs } from "./tiny_unet.ts";

/** A variant that pictures take apart from their style. */
export interface ApartVariant {
  readonly q?: boolean;
  readonly k?: boolean;
  readonly v?: boolean;
  readonly shift?: number;
  readonly skip?: readonly number[];
  readonly group?: boolean;
}

/** The worst error of all pictures but the style, one forward each. */
export async function apartError(
  context: GoldenContext,
  goldens: Values<Tensor>,
  { variant, expected }: { variant: ApartVariant; expected: Tensor },
): Promise<number> {
  const { q = true, k = true, v = false, shift = 0, skip = [] } = variant;
  const { group: groupNorm = false } = variant;
  const source = styleSourceGraph(groupNorm);
  const unet = await openTinyUnet(context.dir, "sd-tiny");
  const sample = goldens.sample!, text = goldens.encoder_hidden_states!;
  const timestep = goldens.timestep!.data[0]!;
  const inputsOf = (i: number) =>
    plainInputs(context, unet, {
      ...{ sample: branches(sample, i), text: branches(text, i) },
      timesteps: [timestep, timestep],
    });
  const size = sizeOfImage(sample);
  const run = async (graph: AdapterGraph, own: Values<Tensor>) =>
    await runOnce(
      context.executor,
      unetProgram(unet.config, { size, adapters: [graph] }),
      { weights: unet.weights, inputs: own },
    );
  const style = toAdapter(
    source,
    await run(source, await inputsOf(0)),
  );
  const graph = styledGraph({ adain: { q, k, v }, shift, skip, groupNorm });
  const names = Object.keys(graph.inputs!(placesOf(unet, sample)));
  const own = Object.fromEntries(names.map((name) => [name, style[name]!]));
  let worst = 0;
  for (let i = 1; i < sample.shape[0]! / 2; i++) {
    const inputs = { ...await inputsOf(i), ...toProgram(graph, own) };
    const { prediction } = await run(graph, inputs);
    const error = relativeError(prediction!, branches(expected, i));
    worst = Math.max(worst, error);
  }
  return worst;
}

/** Both branches of one picture of a batch. */
function branches(x: Tensor, i: number): Tensor {
  const half = x.shape[0]! / 2;
  return concatBatch([
    sliceBatch(x, i, i + 1),
    sliceBatch(x, half + i, half + i + 1),
  ]);
}
