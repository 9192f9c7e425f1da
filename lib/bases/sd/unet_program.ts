import type {
  LayerContext,
  LayerMasks,
} from "../../adapters/locref/layout_net.ts";
import type { Program, Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Size } from "../../core/geometry.ts";
import type { Params } from "../../ops/params.ts";
import {
  crossAttentionLayers,
  levelSizes,
  sizeKey,
} from "./cross_attention_layers.ts";
import { unet } from "./unet.ts";
import type { UnetConfig } from "./unet_config.ts";

/** Which form of the UNet a program is. */
export interface UnetProgramOptions {
  /** Height and width of the latents. */
  size: Size;
  /** Whether Layout-net's branches and masks are inputs. @default {true} */
  layout?: boolean;
  /** Whether instances have captions of their own. @default {false} */
  captions?: boolean;
  /** Whether the queries of every cross-attention layer are outputs, `query.i`. @default {false} */
  trace?: boolean;
  /**
   * Reuse of deep features between steps: `keep` also gives them out as `deep`, `reuse` takes them
   * as the input `deep` and computes the outermost layers only ({@linkcode UnetConditioning}).
   */
  deep?: "keep" | "reuse";
}

/**
 * One step of the denoiser as a program.
 *
 * Inputs are `sample`, `time`, per cross-attention layer `i` in the order of
 * {@linkcode crossAttentionLayers} `text_k.i`, `text_v.i` and with Layout-net `ci_k.i`, `ci_v.i`,
 * `ri_k.i`, `ri_v.i`, and per attention size `HxW` the masks `text_mask.HxW`, `ci_mask.HxW`,
 * `ri_mask.HxW` (with captions `caption_mask.HxW`). The output is `prediction`. Nothing but the
 * model and the size shapes the program; scenes differ in their inputs only.
 */
export function unetProgram(
  config: UnetConfig,
  options: UnetProgramOptions,
): Program {
  const { size, layout = true, captions = false, trace = false, deep } =
    options;
  const { height, width } = size;
  const form = captions ? "_captions" : layout ? "" : "_plain";
  const kind = deep === "reuse" ? "shallow_unet" : "unet";
  const extra = `${trace ? "_trace" : ""}${deep === "keep" ? "_deep" : ""}`;
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height, width],
  });
  const deepImage = { deep: image(config.block_out_channels[0]!) };
  return {
    name: `${kind}_${width}x${height}${form}${extra}`,
    allowsInt8: true,
    inputs: {
      sample: image(config.in_channels),
      ...(deep === "reuse" ? deepImage : {}),
      time: { kind: "float", shape: ["batch", config.block_out_channels[0]!] },
      ...contextInputs(config, { layout, captions }),
      ...(layout ? maskInputs(config, size, captions) : {}),
    },
    outputs: {
      prediction: image(config.out_channels),
      ...(deep === "keep" ? deepImage : {}),
      ...(trace ? queryOutputs(config, size) : {}),
    },
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const more: Record<string, T> = {};
      const contexts = readContexts(config, inputs, layout).map((context, i) =>
        trace
          ? { ...context, onQueries: (q: T) => more[`query.${i}`] = q }
          : context
      );
      const prediction = unet(ops, params, inputs.sample!, config, {
        time: inputs.time!,
        contexts,
        masks: layout ? readMasks(config, size, inputs) : undefined,
        size,
        deep: inputs.deep,
        onDeep: (features) => {
          if (deep === "keep") more.deep = features;
        },
      });
      return { prediction, ...more };
    },
  };
}

function queryOutputs(
  config: UnetConfig,
  size: Size,
): Record<string, Signature> {
  const sizes = levelSizes(config, size);
  const outputs = crossAttentionLayers(config).map(({ level, width }, i) => {
    const { height, width: columns } = sizes[level]!;
    const shape = ["batch", height * columns, width];
    return [`query.${i}`, { kind: "float" as const, shape }];
  });
  return Object.fromEntries(outputs);
}

function contextInputs(
  config: UnetConfig,
  options: { layout: boolean; captions: boolean },
): Record<string, Signature> {
  const inputs: Record<string, Signature> = {};
  const add = (name: string, shape: (number | string)[]) => {
    inputs[name] = { kind: "float", shape };
  };
  for (const [i, { width }] of crossAttentionLayers(config).entries()) {
    for (const kv of ["k", "v"]) {
      const groups = options.captions ? ["captions"] : [];
      add(`text_${kv}.${i}`, ["batch", ...groups, "text_tokens", width]);
      if (!options.layout) continue;
      add(`ci_${kv}.${i}`, ["batch", "ci_tokens", width]);
      add(`ri_${kv}.${i}`, ["batch", "instances", "ri_tokens", width]);
    }
  }
  return inputs;
}

function maskInputs(
  config: UnetConfig,
  size: Size,
  captions: boolean,
): Record<string, Signature> {
  const inputs: Record<string, Signature> = {};
  for (const level of attentionLevels(config)) {
    const at = levelSizes(config, size)[level]!;
    const queries = at.height * at.width;
    const key = sizeKey(at);
    if (captions) {
      inputs[`caption_mask.${key}`] = {
        kind: "float",
        shape: [1, "captions", queries],
      };
    } else {
      inputs[`text_mask.${key}`] = { kind: "float", shape: [1, queries, 1] };
    }
    inputs[`ci_mask.${key}`] = { kind: "float", shape: [1, queries, 1] };
    inputs[`ri_mask.${key}`] = {
      kind: "float",
      shape: [1, "instances", queries],
    };
  }
  return inputs;
}

function attentionLevels(config: UnetConfig): number[] {
  return [...new Set(crossAttentionLayers(config).map((layer) => layer.level))];
}

function readContexts<T>(
  config: UnetConfig,
  inputs: Values<T>,
  layout: boolean,
): LayerContext<T>[] {
  const pair = (name: string, i: number) => ({
    k: inputs[`${name}_k.${i}`]!,
    v: inputs[`${name}_v.${i}`]!,
  });
  return crossAttentionLayers(config).map((_, i) => ({
    text: pair("text", i),
    ci: layout ? pair("ci", i) : undefined,
    ri: layout ? pair("ri", i) : undefined,
  }));
}

function readMasks<T>(
  config: UnetConfig,
  size: Size,
  inputs: Values<T>,
): LayerMasks<T>[] {
  return levelSizes(config, size).map((at) => {
    const key = sizeKey(at);
    return {
      text: inputs[`text_mask.${key}`]!,
      ci: inputs[`ci_mask.${key}`]!,
      ri: inputs[`ri_mask.${key}`]!,
      captions: inputs[`caption_mask.${key}`],
    };
  });
}
