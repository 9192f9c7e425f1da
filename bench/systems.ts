/** The paper's rivals on a UNet of Stable Diffusion 1.5's size, with random weights. */

import { gligenGraph } from "../lib/adapters/gligen/gligen_graph.ts";
import { migcGraph } from "../lib/adapters/migc/migc_graph.ts";
import { msGraph } from "../lib/adapters/ms_diffusion/ms_graph.ts";
import { ownShapes } from "../lib/bases/adapter_inputs.ts";
import type { AdapterGraph } from "../lib/bases/hooks.ts";
import { stableDiffusion15 } from "../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../lib/bases/sd/unet_program.ts";
import { listWeights } from "../lib/ops/list_weights.ts";
import type { WeightSource } from "../lib/ops/executor.ts";
import { openSafetensors } from "../lib/weights/safetensors/safetensors.ts";
import { memoryWeights } from "../lib/weights/weight_sources.ts";
import { prepareUnet } from "./large_models.ts";
import { writeRandomShapes } from "./random_weights.ts";

/** Systems whose step is measured. */
export type SystemName = "gligen" | "migc" | "ms-diffusion";

/** Layers that MIGC's public file acts in. */
const migcPaths = [
  "mid_block.attentions.0",
  ...[0, 1, 2].map((i) => `up_blocks.1.attentions.${i}`),
].map((path) => `${path}.transformer_blocks.0.attn2`);

/** Systems whose graph holds weights; keys and values of MS-Diffusion are made beforehand. */
const weighty = ["gligen", "migc"] as const;

/** A system's part of the denoiser's graph, with its random weights where it has some. */
export async function openSystem(name: SystemName): Promise<AdapterGraph> {
  return name === "ms-diffusion"
    ? msGraph
    : systemGraph(name, await openSafetensors(systemWeights(name)));
}

/** Phrases alone for GLIGEN, no fuser of captions for MIGC. */
function systemGraph(
  name: typeof weighty[number],
  weights: WeightSource = memoryWeights(new Map()),
): AdapterGraph {
  const width = stableDiffusion15.cross_attention_dim;
  return name === "gligen"
    ? gligenGraph({ pictures: false, width }, weights)
    : migcGraph(
      { textWidth: width, plus: false, paths: migcPaths, fuser: false },
      weights,
    );
}

/** Where the random weights of a system lie: 0.8 GB of GLIGEN, 0.2 of MIGC. */
function systemWeights(name: typeof weighty[number]): string {
  return `.cache/bench/${name}.safetensors`;
}

/** Writes the random weights of the UNet and of both systems, once. */
export async function prepareSystems(): Promise<void> {
  await prepareUnet();
  for (const name of weighty) {
    const graph = systemGraph(name);
    const program = unetProgram(stableDiffusion15, {
      ...{ size: { height: 64, width: 64 }, adapters: [graph] },
    });
    await writeRandomShapes(
      systemWeights(name),
      ownShapes(graph, listWeights(program)),
    );
  }
}
