import type { DenoiserForm } from "../base.ts";
import type { Program, Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import {
  type AdapterGraph,
  type AttentionSite,
  joinHooks,
  type KeyValue,
  type Signatures,
} from "../hooks.ts";
import { crossAttentionSites } from "./attention_sites.ts";
import { featureSites } from "./feature_sites.ts";
import { unet } from "./unet.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * One step of the denoiser as a program.
 *
 * Inputs are `sample`, `time`, `text_k.i` and `text_v.i` for each cross-attention layer `i` in the
 * order of {@linkcode crossAttentionSites}, and the inputs of the adapters. The output is
 * `prediction`. Nothing but the model, the size and the adapters shapes the program; scenes differ
 * in their inputs only.
 */
export function unetProgram(
  config: UnetConfig,
  options: DenoiserForm,
): Program {
  const { size, adapters = [], trace = false, deep } = options;
  const { height, width } = size;
  const sites = crossAttentionSites(config, size);
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height, width],
  });
  const deepImage = { deep: image(config.block_out_channels[0]!) };
  return {
    name: programName(options),
    allowsInt8: true,
    inputs: {
      sample: image(config.in_channels),
      ...(deep === "reuse" ? deepImage : {}),
      time: { kind: "float", shape: ["batch", config.block_out_channels[0]!] },
      ...layerInputs(sites, options),
      ...sizeInputs(sites, adapters),
      ...featureInputs(config, options),
    },
    outputs: {
      prediction: image(config.out_channels),
      ...(deep === "keep" ? deepImage : {}),
      ...(trace ? queryOutputs(sites) : {}),
    },
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const more: Record<string, T> = {};
      const prediction = unet(ops, params, inputs.sample!, config, {
        time: inputs.time!,
        text: readText(inputs, sites.length),
        hooks: joinHooks(adapters.map((one) => one.hooks(ops, inputs, sites))),
        onQueries: trace
          ? ({ layer }, q) => more[`query.${layer}`] = q
          : undefined,
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

/** LocRef alone bears no name of its own, so that graphs of earlier versions go on being found. */
function programName(options: DenoiserForm): string {
  const { size, adapters = [], captions, trace, deep } = options;
  const others = adapters.map(({ prefix }) => prefix)
    .filter((prefix) => prefix !== "locref");
  return [
    `${
      deep === "reuse" ? "shallow_unet" : "unet"
    }_${size.width}x${size.height}`,
    ...(captions ? ["captions"] : adapters.length === 0 ? ["plain"] : []),
    ...others,
    ...(trace ? ["trace"] : []),
    ...(deep === "keep" ? ["deep"] : []),
  ].join("_");
}

function queryOutputs(sites: readonly AttentionSite[]): Signatures {
  return Object.fromEntries(sites.map(({ layer, width, size }) => {
    const shape = ["batch", size.height * size.width, width];
    return [`query.${layer}`, { kind: "float" as const, shape }];
  }));
}

/** Text and the adapters' inputs of each layer, layer by layer. */
function layerInputs(
  sites: readonly AttentionSite[],
  { adapters = [], captions }: DenoiserForm,
): Signatures {
  const groups = captions ? ["captions"] : [];
  const inputs: Record<string, Signature> = {};
  for (const at of sites) {
    const shape = ["batch", ...groups, "text_tokens", at.width];
    const own = adapters.map((one) => one.layerInputs?.(at) ?? {});
    const text = { kind: "float" as const, shape };
    const both = { [`text_k.${at.layer}`]: text, [`text_v.${at.layer}`]: text };
    Object.assign(inputs, interleaved([both, ...own]));
  }
  return inputs;
}

/** Keys before values, as exported graphs have had their inputs from the first version on. */
function interleaved(parts: readonly Signatures[]): Signatures {
  const entries = parts.flatMap((part) => Object.entries(part));
  const isValue = ([name]: [string, Signature]) => /_v\.\d+$/.test(name);
  return Object.fromEntries([
    ...entries.filter((entry) => !isValue(entry)),
    ...entries.filter(isValue),
  ]);
}

function sizeInputs(
  sites: readonly AttentionSite[],
  adapters: readonly AdapterGraph[],
): Signatures {
  const inputs: Record<string, Signature> = {};
  for (const { size } of sites) {
    for (const one of adapters) Object.assign(inputs, one.sizeInputs?.(size));
  }
  return inputs;
}

function featureInputs(
  config: UnetConfig,
  { size, adapters = [] }: DenoiserForm,
): Signatures {
  const sites = featureSites(config, size);
  return Object.assign(
    {},
    ...adapters.map((one) => one.featureInputs?.(sites)),
  );
}

/** Keys and values of the text among a program's inputs, by layer. */
export function readText<T>(inputs: Values<T>, layers: number): KeyValue<T>[] {
  return Array.from({ length: layers }, (_, i) => ({
    k: inputs[`text_k.${i}`]!,
    v: inputs[`text_v.${i}`]!,
  }));
}

/** Keys and values of the text as inputs of the program. */
export function textInputs<T>(layers: readonly KeyValue<T>[]): Values<T> {
  return Object.fromEntries(layers.flatMap(({ k, v }, i) => [
    [`text_k.${i}`, k],
    [`text_v.${i}`, v],
  ]));
}
