import type { DenoiserForm } from "../denoiser_shape.ts";
import type { Program, Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import {
  checkNames,
  ownParams,
  toAdapter,
  toProgram,
} from "../adapter_inputs.ts";
import { type AdapterGraph, joinHooks, type Signatures } from "../hooks.ts";
import { type AttentionSite, crossSites, type Places } from "../places.ts";
import { readText } from "../text_inputs.ts";
import { attentionLayers } from "./attention_sites.ts";
import { unet } from "./unet.ts";
import { normSites } from "./norm_sites.ts";
import type { UnetConfig } from "./unet_config.ts";

/**
 * One step of the denoiser as a program.
 *
 * Inputs are `sample`, `time`, in SDXL `added`, in LCM `guidance`, and the inputs of the adapters.
 * `text_k.i` and `text_v.i` belong to cross-attention layer `i`, in the order of
 * {@linkcode crossSites}. The output is `prediction`. Nothing but the model, the size and the
 * adapters shapes the program; scenes differ in their inputs only.
 */
export function unetProgram(
  config: UnetConfig,
  options: DenoiserForm,
): Program {
  const { size, adapters = [], trace = false, deep } = options;
  const { height, width } = size;
  const places = {
    ...attentionLayers(config).places(size),
    norms: normSites(config, deep === "reuse"),
  };
  const sites = crossSites(places);
  const image = (channels: number) => ({
    kind: "image" as const,
    shape: ["batch", channels, height, width],
  });
  const deepImage = { deep: image(config.block_out_channels[0]!) };
  const own: Signatures = {
    sample: image(config.in_channels),
    ...(deep === "reuse" ? deepImage : {}),
    ...timeInputs(config),
  };
  return {
    name: programName(options),
    allowsInt8: true,
    inputs: withAdapters(own, places, options),
    outputs: {
      prediction: image(config.out_channels),
      ...(deep === "keep" ? deepImage : {}),
      ...(trace ? queryOutputs(sites) : {}),
      ...Object.assign(
        {},
        ...adapters.map((one) => toProgram(one, one.outputs?.(places) ?? {})),
      ),
    },
    run: <T>(ops: Ops<T>, params: Params<T>, inputs: Values<T>) => {
      const more: Record<string, T> = {};
      const prediction = unet(ops, params, inputs.sample!, config, {
        time: inputs.time!,
        guidance: inputs.guidance,
        added: inputs.added,
        text: readText(inputs, sites.length),
        hooks: joinHooks(adapters.map((one) => ({
          prefix: one.prefix,
          hooks: one.hooks(
            ops,
            ownParams(one, params),
            toAdapter(one, inputs),
            places,
            (name, value) =>
              Object.assign(more, toProgram(one, { [name]: value })),
          ),
        }))),
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

/** The inputs that reach the UNet through its time embedding. */
export function timeInputs(config: UnetConfig): Signatures {
  const {
    time_cond_proj_dim: guidance,
    projection_class_embeddings_input_dim: added,
  } = config;
  const vector = (width: number) => ({
    kind: "float" as const,
    shape: ["batch", width],
  });
  return {
    time: vector(config.block_out_channels[0]!),
    ...(guidance ? { guidance: vector(guidance) } : {}),
    ...(added ? { added: vector(added) } : {}),
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

/** The base's own inputs, text layer by layer, and those of the adapters. */
function withAdapters(
  own: Signatures,
  places: Places,
  { adapters = [], captions }: DenoiserForm,
): Signatures {
  const groups = captions ? ["captions"] : [];
  const layers: Record<string, Signature> = {};
  const text: Record<string, Signature> = {};
  for (const at of crossSites(places)) {
    const shape = ["batch", ...groups, "text_tokens", at.width];
    const one = { kind: "float" as const, shape };
    const both = { [`text_k.${at.layer}`]: one, [`text_v.${at.layer}`]: one };
    const more = adapters.map((graph) => layerInputs(graph, at));
    Object.assign(text, both);
    Object.assign(layers, interleaved([both, ...more]));
  }
  const others = adapters.map((graph) => otherInputs(graph, places));
  checkNames(
    { ...own, ...text },
    adapters.map((graph, i) => ({
      prefix: graph.prefix,
      inputs: Object.assign(
        {},
        ...crossSites(places).map((at) => layerInputs(graph, at)),
        others[i],
      ),
    })),
  );
  return Object.assign({ ...own, ...layers }, ...others);
}

function layerInputs(graph: AdapterGraph, at: AttentionSite): Signatures {
  return toProgram(graph, graph.layerInputs?.(at) ?? {});
}

/** An adapter's inputs of each size, and its others. */
function otherInputs(graph: AdapterGraph, places: Places): Signatures {
  const sizes = crossSites(places).map(({ size }) => size);
  const own = sizes.map((size) => graph.sizeInputs?.(size) ?? {});
  const all: Signatures = Object.assign(
    {},
    ...own,
    graph.inputs?.(places) ?? {},
  );
  return toProgram(graph, all);
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
