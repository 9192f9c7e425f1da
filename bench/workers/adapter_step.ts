import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { layoutNetIndex } from "../../lib/adapters/locref/layout_net.ts";
import { type AttentionLayers, crossSites } from "../../lib/bases/places.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import type { UnetConfig } from "../../lib/bases/sd/unet_config.ts";
import { unetShape } from "../../lib/bases/sd/unet_programs.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { initialAdapter } from "../../train/locref/adapter_weights.ts";
import type { TrainedShape } from "../../train/locref/denoiser.ts";
import {
  largeWeights,
  prepareUnet,
  prepareUnetHalves,
  unetHalves,
} from "../large_models.ts";
import { prepareSdxl, sdxlConfig, sdxlWeights } from "../sdxl_unet.ts";
import type { StepCase } from "./training_step.ts";

const features = 1280;

/** A frozen UNet with random weights. */
export interface FrozenUnet {
  readonly config: UnetConfig;
  /** Its file. */
  readonly weights: string;
  /** Writes the file, once. */
  readonly prepare: () => Promise<void>;
}

/** Sizes of UNets on which an adapter is trained. */
export const frozenSizes = ["sd15", "sdxl", "sdxl-tiny"] as const;

/** One of {@linkcode frozenSizes}. */
export type FrozenSize = typeof frozenSizes[number];

/** The frozen UNet of a size, in float32 or in half precision. */
export function frozenUnet(size: FrozenSize, half = false): FrozenUnet {
  if (size === "sd15") {
    return {
      config: stableDiffusion15,
      weights: half ? unetHalves : largeWeights("unet"),
      prepare: half ? prepareUnetHalves : prepareUnet,
    };
  }
  const tiny = size === "sdxl-tiny";
  return {
    config: sdxlConfig(tiny),
    weights: sdxlWeights(tiny, half),
    prepare: () => prepareSdxl(tiny, half),
  };
}

/** Which adapter is trained, and on what. */
export interface AdapterStep {
  /** @default {of Stable Diffusion 1.5's size} */
  readonly unet?: FrozenUnet;
  /** Side of the latents. @default {32} */
  readonly side?: number;
  /** @default {1} */
  readonly batch?: number;
  /** Whether inner values are computed again. @default {false} */
  readonly recompute?: boolean;
  /** Layers of Layout-net that are trained; the others stay as they begin. @default {all} */
  readonly layers?: number;
}

/**
 * LocRef's adapter on a frozen UNet as stage `locref` takes it: pooled image features, 16 tokens a
 * picture.
 */
export async function adapterCase(
  step: AdapterStep = {},
): Promise<StepCase> {
  const { unet = frozenUnet("sd15"), side = 32, batch = 1 } = step;
  const { recompute = false, layers: most = Infinity } = step;
  const { config } = unet;
  const width = config.cross_attention_dim;
  const shape: TrainedShape = {
    denoiser: unetShape(config),
    appearanceNet: {
      kind: "locref",
      input: "pooled",
      inputWidth: features,
      hiddenWidth: features,
      width,
      tokens: 16,
    },
  };
  const weights = await openSafetensors(unet.weights);
  const layers = { layers: shape.denoiser, weights };
  const start = await initialAdapter(layers, shape.appearanceNet, 0);
  const untrained = textWeights(shape.denoiser, most);
  return {
    shape,
    inputs: { batch, side, textTokens: 77, features: [features] },
    weights: {
      trainable: new Map([...start].filter(([name]) => !untrained.has(name))),
      frozen: renamed(weights, untrained),
      recompute,
    },
  };
}

/** Names of the text's weights with which Layout-net's layers from the given one on begin, by theirs. */
function textWeights(
  layers: AttentionLayers,
  from: number,
): Map<string, string> {
  const sites = crossSites(layers.places({ height: 8, width: 8 }));
  const later = sites.filter(({ layer }) => layer >= from);
  return new Map(
    later.flatMap(({ layer, path }) =>
      ["to_k", "to_v"].flatMap((kind) =>
        ["ci", "ri"].map((branch) =>
          [
            `layout_net.${layoutNetIndex(layer)}.${kind}_${branch}.weight`,
            `${path}.${kind}.weight`,
          ] as const
        )
      )
    ),
  );
}

/** Weights of which some have another name. */
function renamed(
  weights: WeightSource,
  names: ReadonlyMap<string, string>,
): WeightSource {
  return {
    names: () => [...weights.names(), ...names.keys()],
    info: (name) => weights.info(names.get(name) ?? name),
    read: (name) => weights.read(names.get(name) ?? name),
  };
}
