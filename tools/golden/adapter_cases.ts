import { textInputs } from "../../lib/bases/text_inputs.ts";
import type { AttentionLayers } from "../../lib/bases/places.ts";
import { attentionLayers } from "../../lib/bases/sd/attention_sites.ts";
import { join } from "node:path";
import type { LocRefAdapter } from "../../lib/adapters/locref/locref_file.ts";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { appearanceNetProgram } from "../../lib/adapters/locref/appearance_net.ts";
import type { Branch } from "../../lib/adapters/locref/layout_net.ts";
import type { Executor, Values } from "../../lib/ops/executor.ts";
import { type Tensor, tensor, zeros } from "../../lib/core/tensor.ts";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../lib/adapters/locref/locref_graph.ts";
import { groupKeyValues, type KeyValues } from "../../lib/bases/key_values.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { branchKeyValueProgram } from "../../lib/adapters/locref/branch_key_values.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "./golden_files.ts";
import { ipMasks } from "./ip_masks.ts";

/** The cases of the public IP-Adapter variants. */
export const ipAdapterCases: readonly GoldenCase[] = ["base", "full", "plus"]
  .map((kind) => ({
    name: `ip_adapter.${kind}`,
    bound: 1e-4,
    run: (context) => ipAdapter(context, kind),
  }));

async function ipAdapter(
  { dir, executor }: GoldenContext,
  kind: string,
): Promise<number> {
  const goldens = await readGoldens(dir, `ip_adapter_${kind}`);
  const base = await openStableDiffusion(join(dir, "sd-tiny"));
  const adapter = await openLocRef(
    join(dir, "ip-adapter", `ip-adapter-${kind}.safetensors`),
  );
  const sample = goldens.sample!;
  const batch = sample.shape[0]!;
  const tokens = await appearanceTokens(executor, adapter, goldens.features!);
  const instances = tokens.shape[0]!;
  const masks = ipMasks(base.unet.config, goldens, sizeOfImage(sample));
  const perRow = repeatRows(tokens, batch);
  const prediction = await layoutUnet(executor, { base, adapter }, {
    sample,
    timesteps: [...goldens.timestep!.data],
    text: goldens.encoder_hidden_states!,
    ci: zeros([batch, 1, tokens.shape[2]!]),
    ri: perRow,
    instances,
    masks,
  });
  return Math.max(
    relativeError(tokens, goldens.tokens!),
    relativeError(prediction, goldens.out!),
  );
}

/** Features of references as tokens, `[N, tokens, width]`. */
export async function appearanceTokens(
  executor: Executor,
  adapter: LocRefAdapter,
  features: Tensor,
): Promise<Tensor> {
  const { tokens } = await runOnce(
    executor,
    appearanceNetProgram(adapter.shape),
    {
      weights: adapter.weights,
      inputs: { features },
    },
  );
  return tokens!;
}

/** Inputs of {@linkcode layoutUnet}. */
export interface LayoutUnetInputs {
  readonly sample: Tensor;
  readonly timesteps: readonly number[];
  /** `[N, tokens, width]`, or `[N · captions, tokens, width]`. */
  readonly text: Tensor;
  /** Number of captions a row, where instances have their own. */
  readonly captions?: number;
  /** `[N, tokens, width]`. */
  readonly ci: Tensor;
  /** `[N · instances, tokens, width]`. */
  readonly ri: Tensor;
  readonly instances: number;
  readonly masks: Values<Tensor>;
}

/** One forward of a UNet with Layout-net, from tokens. */
export async function layoutUnet(
  executor: Executor,
  model: { base: StableDiffusion; adapter: LocRefAdapter },
  inputs: LayoutUnetInputs,
): Promise<Tensor> {
  const { unet } = model.base;
  const captions = inputs.captions ?? 0;
  const program = unetProgram(unet.config, {
    size: sizeOfImage(inputs.sample),
    adapters: [locrefGraph({ captions: captions > 0 })],
    captions: captions > 0,
  });
  const { text, ci, ri } = await keyValuesOf(executor, model, inputs);
  const { prediction } = await runOnce(executor, program, {
    weights: unet.weights,
    inputs: {
      sample: inputs.sample,
      time: timeSinusoids(inputs.timesteps, unet.config),
      ...textInputs(captions > 0 ? groupKeyValues(text, captions) : text),
      ...referenceInputs(
        joinBranches(ci, groupKeyValues(ri, inputs.instances)),
      ),
      ...inputs.masks,
    },
  });
  return prediction!;
}

/** Keys and values of the three sources of Eq. (1). */
export async function keyValuesOf(
  executor: Executor,
  model: { base: StableDiffusion; adapter: LocRefAdapter },
  tokens: { text: Tensor; ci: Tensor; ri: Tensor },
): Promise<{ text: KeyValues; ci: KeyValues; ri: KeyValues }> {
  const { config, weights } = model.base.unet;
  const branch = (name: Branch) =>
    branchKeyValues(executor, model.adapter, {
      ...{ layers: attentionLayers(config), name, tokens: tokens[name] },
    });
  const text = await keyValuesOnce(executor, textKeyValueProgram(config), {
    ...{ weights, tokens: tokens.text },
  });
  return { text, ci: await branch("ci"), ri: await branch("ri") };
}

/**
 * Keys and values of pictures' tokens, which come `groups` a row; nothing stands in place of the
 * composite image.
 */
export async function pictureKeyValues(
  executor: Executor,
  adapter: LocRefAdapter,
  { layers, tokens, groups }: {
    readonly layers: AttentionLayers;
    readonly tokens: Tensor;
    readonly groups: number;
  },
): Promise<{ ci: KeyValues; ri: KeyValues }> {
  const branch = (name: Branch, tokens: Tensor) =>
    branchKeyValues(executor, adapter, { layers, name, tokens });
  const [rows, , width] = tokens.shape as [number, number, number];
  return {
    ri: groupKeyValues(await branch("ri", tokens), groups),
    ci: await branch("ci", zeros([rows / groups, 1, width])),
  };
}

async function branchKeyValues(
  executor: Executor,
  { weights }: LocRefAdapter,
  { layers, name, tokens }: {
    readonly layers: AttentionLayers;
    readonly name: Branch;
    readonly tokens: Tensor;
  },
): Promise<KeyValues> {
  const program = branchKeyValueProgram(layers, name);
  return await keyValuesOnce(executor, program, { weights, tokens });
}

/** All rows of `x`, `times` times one after another. */
export function repeatRows(x: Tensor, times: number): Tensor {
  const data = new Float32Array(x.data.length * times);
  for (let i = 0; i < times; i++) data.set(x.data, i * x.data.length);
  return tensor([x.shape[0]! * times, ...x.shape.slice(1)], data);
}
