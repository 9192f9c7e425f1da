import type { AttentionLayers } from "../../lib/bases/places.ts";
import { attentionLayers } from "../../lib/bases/sd/attention_sites.ts";
import { join } from "node:path";
import type { LocRefAdapter } from "../../lib/adapters/locref/locref_file.ts";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { appearanceNetProgram } from "../../lib/adapters/locref/appearance_net.ts";
import type { Branch } from "../../lib/adapters/locref/layout_net.ts";
import type { Executor, Values } from "../../lib/ops/executor.ts";
import { type Tensor, tensor, zeros } from "../../lib/core/tensor.ts";
import { joinBranches } from "../../lib/adapters/locref/locref_graph.ts";
import { groupKeyValues, type KeyValues } from "../../lib/bases/key_values.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { attentionSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { branchKeyValueProgram } from "../../lib/adapters/locref/branch_key_values.ts";
import { timeSinusoids } from "../../lib/bases/sd/time_embedding.ts";
import {
  locrefGraph,
  referenceInputs,
} from "../../lib/adapters/locref/locref_graph.ts";
import { textInputs } from "../../lib/bases/text_inputs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { sizeOfImage } from "./encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "./golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "./golden_files.ts";

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

/** What {@linkcode layoutUnet} is run on. */
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

/** `T + Σ s·M ⊙ A` as masks of Eq. (1): text everywhere, no composite image, no division. */
export function ipMasks(
  config: UnetConfig,
  goldens: Record<string, Tensor>,
  size: { height: number; width: number },
): Values<Tensor> {
  const masks = goldens.masks!;
  const instances = masks.shape[1]!;
  const inputs: Record<string, Tensor> = {};
  for (const at of attentionSizes(config, size)) {
    const queries = at.height * at.width;
    const ri = new Float32Array(instances * queries);
    for (let i = 0; i < instances; i++) {
      const scale = goldens.scales?.data[i] ?? 1;
      const mask = sampleBicubic(masks, i, at);
      ri.set(mask.map((value) => scale * value), i * queries);
    }
    const key = sizeKey(at);
    inputs[`text_mask.${key}`] = tensor(
      [1, queries, 1],
      new Float32Array(queries).fill(1),
    );
    inputs[`ci_mask.${key}`] = zeros([1, queries, 1]);
    inputs[`ri_mask.${key}`] = tensor([1, instances, queries], ri);
  }
  return inputs;
}

/** Mask `index` of `[1, masks, H, W]` as diffusers shrinks it: bicubic at cell centres, unsmoothed. */
function sampleBicubic(
  masks: Tensor,
  index: number,
  size: { height: number; width: number },
): Float32Array {
  const [, , height, width] = masks.shape as [number, number, number, number];
  const plane = masks.data.subarray(
    index * height * width,
    (index + 1) * height * width,
  );
  const rows = cubicTaps(height, size.height),
    columns = cubicTaps(width, size.width);
  const out = new Float32Array(size.height * size.width);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      let sum = 0;
      for (const [i, a] of row) {
        for (const [j, b] of column) sum += a * b * plane[i * width + j]!;
      }
      out[y * size.width + x] = sum;
    })
  );
  return out;
}

/** Positions and weights of Keys' cubic convolution with a = −0.75, borders repeated. */
function cubicTaps(from: number, to: number): [number, number][][] {
  const a = -0.75;
  const kernel = (t: number) => {
    const d = Math.abs(t);
    if (d <= 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
    return d < 2 ? a * d ** 3 - 5 * a * d ** 2 + 8 * a * d - 4 * a : 0;
  };
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * from / to - 0.5;
    const first = Math.floor(centre) - 1;
    return [0, 1, 2, 3].map((k): [number, number] => [
      Math.min(from - 1, Math.max(0, first + k)),
      kernel(centre - first - k),
    ]);
  });
}

/** All rows of `x`, `times` times one after another. */
export function repeatRows(x: Tensor, times: number): Tensor {
  const data = new Float32Array(x.data.length * times);
  for (let i = 0; i < times; i++) data.set(x.data, i * x.data.length);
  return tensor([x.shape[0]! * times, ...x.shape.slice(1)], data);
}
