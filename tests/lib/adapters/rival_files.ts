/** Files of the paper's rivals with random weights that fit the small model. */

import { join } from "@std/path";
import { fastComposerGraph } from "../../../lib/adapters/fastcomposer/fastcomposer_graph.ts";
import { gligenGraph } from "../../../lib/adapters/gligen/gligen_graph.ts";
import { groundingProgram } from "../../../lib/adapters/gligen/grounding_net.ts";
import { migcGraph } from "../../../lib/adapters/migc/migc_graph.ts";
import {
  msGraph,
  msKeyValueProgram,
} from "../../../lib/adapters/ms_diffusion/ms_graph.ts";
import { msResamplerProgram } from "../../../lib/adapters/ms_diffusion/ms_resampler.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";
import { shapesOf, writeRandom } from "./random_adapter.ts";
import { smallBase } from "./small_base.ts";

/** GLIGEN, of phrases or of phrases and pictures. */
export async function gligenFile(
  dir: string,
  pictures = false,
): Promise<string> {
  const shape = { pictures, width: 32 };
  const graph = gligenGraph(shape, memoryWeights(new Map()));
  const shapes = await shapesOf(graph, [groundingProgram(shape)]);
  for (const name of [...shapes.keys()]) {
    const block = /^(.*\.fuser)\.linear\.weight$/.exec(name)?.[1];
    if (block === undefined) continue;
    shapes.set(`${block}.alpha_attn`, []);
    shapes.set(`${block}.alpha_dense`, []);
  }
  const name = pictures ? "gligen_pictures" : "gligen";
  return await writeRandom(join(dir, `${name}.safetensors`), shapes);
}

/** Two of MIGC's layers. */
export const migcPaths: readonly string[] = [
  "mid_block.attentions.0.transformer_blocks.0.attn2",
  "up_blocks.1.attentions.0.transformer_blocks.0.attn2",
];

/** MIGC, or MIGC++. */
export async function migcFileIn(dir: string, plus = false): Promise<string> {
  const graph = migcGraph(
    { textWidth: 32, plus, paths: migcPaths, fuser: plus },
    memoryWeights(new Map()),
  );
  const shapes = await shapesOf(graph);
  if (plus) {
    for (const one of migcPaths) shapes.set(`${one}.migc.gamma`, [1]);
  }
  const name = plus ? "migc_plus" : "migc";
  return await writeRandom(join(dir, `${name}.safetensors`), shapes);
}

/** Widths of an MS-Diffusion file. */
export interface MsFileOptions {
  /** Width of the pictures' features. */
  readonly inputWidth: number;
  /** The model that it fits. @default {the small model} */
  readonly base?: string;
  /** Width of the phrases. @default {32} */
  readonly phraseWidth?: number;
}

/** MS-Diffusion. */
export async function msFileIn(
  dir: string,
  { inputWidth, base = smallBase, phraseWidth = 32 }: MsFileOptions,
): Promise<string> {
  const opened = await openBase(base);
  const width = opened.textWidth;
  const shapes = await shapesOf(msGraph, [
    msKeyValueProgram(opened),
    msResamplerProgram({
      ...{ inputWidth, innerWidth: 64, attentionWidth: 64, layers: 2 },
      ...{ feedForwardWidth: 128, phraseWidth, width, tokens: 4 },
    }),
  ]);
  shapes.set("dummy_image_tokens", [1, 4, width]);
  return await writeRandom(join(dir, "ms.safetensors"), shapes);
}

/** FastComposer's layers. */
export async function fastComposerFile(dir: string): Promise<string> {
  const norm = { shape: [32], data: new Float32Array(32) };
  const graph = fastComposerGraph(
    memoryWeights(new Map([["postfuse_module.layer_norm.weight", norm]])),
  );
  return await writeRandom(
    join(dir, "fastcomposer.safetensors"),
    await shapesOf(graph),
  );
}
