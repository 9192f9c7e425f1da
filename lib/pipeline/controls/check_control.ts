import { hintFactor } from "../../adapters/controlnet/controlnet_config.ts";
import { isHalved } from "../../adapters/t2i_adapter/t2i_adapter.ts";
import { counted } from "../../core/counted.ts";
import { featureSites } from "../../bases/sd/feature_sites.ts";
import { crossAttentionLayers } from "../../bases/sd/cross_attention_layers.ts";
import type { Base } from "../../bases/base.ts";
import { LocRefError } from "../../core/error.ts";
import { anyDenoiserSize } from "../any_size.ts";
import type { ControlUnit } from "./control_unit.ts";

/**
 * Makes sure that a control is for this base.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming the control and what does not fit.
 */
export function checkControl({ control, name }: ControlUnit, base: Base): void {
  const problem = control.kind === "controlnet"
    ? controlnetProblem(control, base)
    : t2iProblem(control, base);
  if (problem === undefined) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `${name} is for another base: ${problem}`,
  );
}

function controlnetProblem(
  { config }: Extract<ControlUnit["control"], { kind: "controlnet" }>,
  base: Base,
): string | undefined {
  const text = config.cross_attention_dim;
  const reads = crossAttentionLayers(config).length > 0;
  if (reads && text !== base.textWidth) {
    return `it reads text of width ${text}, and the model's has ${base.textWidth}`;
  }
  if (config.in_channels !== base.latent.channels) {
    return `it reads latents of ${config.in_channels} channels, and the model's have ${base.latent.channels}`;
  }
  const factor = hintFactor(config);
  if (factor !== base.latent.factor) {
    return `a cell of its picture has ${factor} pixels a side, and a cell of the model's latents ${base.latent.factor}`;
  }
  const added = config.projection_class_embeddings_input_dim ?? undefined;
  const given = addedWidth(base);
  if (added !== undefined && added !== given) {
    return `it reads sizes and pooled text of width ${added}, and ${
      given === undefined ? "the model has none" : `the model's have ${given}`
    }`;
  }
  const own = featureSites(config, anyDenoiserSize).skips;
  const { skips } = base.places(anyDenoiserSize);
  if (own.length !== skips.length) {
    return `it gives ${counted(own.length, "residual")}, and the model has ${
      counted(skips.length, "skip")
    }`;
  }
  const shape = ({ channels, size }: (typeof own)[number]) =>
    `${channels} × ${size.height} × ${size.width}`;
  const i = own.findIndex((one, i) => shape(one) !== shape(skips[i]!));
  return i < 0
    ? undefined
    : `its residual ${i + 1} is ${shape(own[i]!)}, and the model's skip ${
      shape(skips[i]!)
    }`;
}

function t2iProblem(
  { config }: Extract<ControlUnit["control"], { kind: "t2i-adapter" }>,
  base: Base,
): string | undefined {
  const { levels, skips } = base.places(anyDenoiserSize);
  const sites = [...levels, skips.at(-1)!];
  const widths = sites.map(({ channels }) => channels);
  const fits = config.channels.length >= levels.length &&
    config.channels.length <= widths.length &&
    config.channels.every((width, i) => width === widths[i]);
  if (!fits) {
    return `its features have widths [${
      config.channels.join(", ")
    }], and the model's levels [${widths.slice(0, levels.length).join(", ")}]`;
  }
  let side = anyDenoiserSize.width * base.latent.factor /
    config.downscale_factor;
  for (const level of config.channels.keys()) {
    if (isHalved(config, level)) side = Math.ceil(side / 2);
    const { width } = sites[level]!.size;
    if (side === width) continue;
    return `its feature ${
      level + 1
    } has ${side} cells where the model's level has ${width}`;
  }
}

/** Width of the sizes and pooled text that a denoiser reads; `undefined` if it reads none. */
function addedWidth({ denoiser }: Base): string | number | undefined {
  return denoiser.step({ size: anyDenoiserSize }).inputs.added?.shape[1];
}
