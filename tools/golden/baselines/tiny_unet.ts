/** The tiny UNets of the set, which lie alone in their folders. */

import { join } from "node:path";
import { toProgram, weightsWith } from "../../../lib/bases/adapter_inputs.ts";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import { groupKeyValues } from "../../../lib/bases/key_values.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import {
  addedInput,
  timeSinusoids,
} from "../../../lib/bases/sd/time_embedding.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { textInputs } from "../../../lib/bases/text_inputs.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import type { Values, WeightSource } from "../../../lib/ops/executor.ts";
import { parseUnetConfig } from "../../../lib/weights/configs/unet_config.ts";
import { openWeights } from "../../../lib/weights/open_part.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import type { GoldenContext } from "../golden_case.ts";
import { keyValuesOnce, runOnce } from "../golden_files.ts";

/** A UNet of the set. */
export interface TinyUnet {
  readonly config: UnetConfig;
  readonly weights: WeightSource;
}

/** Folder of each base's UNet. */
export const tinyFolders = { sd15: "sd-tiny", sdxl: "sdxl-tiny" } as const;

/** A base of the set. */
export type TinyBase = keyof typeof tinyFolders;

/** Opens `FOLDER/unet`. */
export async function openTinyUnet(
  dir: string,
  folder: string,
): Promise<TinyUnet> {
  const file = join(dir, folder, "unet", "config.json");
  const { attention_type: _, ...plain } = await readJson<
    Record<string, unknown>
  >(file);
  return {
    config: parseUnetConfig(plain, { file }).config,
    weights: await openWeights(join(dir, folder, "unet")),
  };
}

/** One adapter with its inputs under their own names. */
export interface GraphInputs {
  readonly graph: AdapterGraph;
  readonly inputs: Values<Tensor>;
}

/** Inputs of {@linkcode forward}. */
export interface ForwardInputs {
  readonly sample: Tensor;
  readonly timesteps: readonly number[];
  /** `[N, tokens, width]`, or `[N · captions, tokens, width]`. */
  readonly text: Tensor;
  /** Pooled text and sizes, where the UNet reads them. */
  readonly added?: { readonly pooled: Tensor; readonly timeIds: Tensor };
  readonly adapters?: readonly GraphInputs[];
  /** Number of captions a row, where instances have their own. */
  readonly captions?: number;
}

/** One forward of a UNet with adapters. */
export async function forward(
  context: GoldenContext,
  unet: TinyUnet,
  run: ForwardInputs,
): Promise<Tensor> {
  const { executor } = context;
  const { config, weights } = unet;
  const { sample, adapters = [], captions = 0 } = run;
  const graphs = adapters.map(({ graph }) => graph);
  const program = unetProgram(config, {
    size: sizeOfImage(sample),
    adapters: graphs,
    captions: captions > 0,
  });
  const { prediction } = await runOnce(executor, program, {
    weights: weightsWith(weights, graphs),
    inputs: {
      ...await plainInputs(context, unet, run),
      ...Object.assign(
        {},
        ...adapters.map(({ graph, inputs }) => toProgram(graph, inputs)),
      ),
    },
  });
  return prediction!;
}

/** Inputs of a UNet beside those of adapters. */
export async function plainInputs(
  { executor }: GoldenContext,
  { config, weights }: TinyUnet,
  { sample, timesteps, text, added, captions = 0 }: ForwardInputs,
): Promise<Values<Tensor>> {
  const tokens = await keyValuesOnce(executor, textKeyValueProgram(config), {
    ...{ weights, tokens: text },
  });
  return {
    sample,
    time: timeSinusoids(timesteps, config),
    ...(added
      ? { added: addedInput(added.pooled, added.timeIds, config) }
      : {}),
    ...textInputs(captions > 0 ? groupKeyValues(tokens, captions) : tokens),
  };
}

/** The places of a UNet for the latents of `sample`. */
export function placesOf({ config }: TinyUnet, sample: Tensor) {
  return attentionLayers(config).places(sizeOfImage(sample));
}

/** Pooled text and sizes of a set, which those of Stable Diffusion 1.5 lack. */
export function addedOf(
  { text_embeds: pooled, time_ids: timeIds }: Record<string, Tensor>,
): ForwardInputs["added"] {
  return pooled && timeIds ? { pooled, timeIds } : undefined;
}

/** The numbers of a tensor of timesteps. */
export function timestepsOf({ data }: Tensor): number[] {
  return [...data];
}
