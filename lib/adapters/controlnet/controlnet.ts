import { featureSites } from "../../bases/sd/feature_sites.ts";
import { crossSites } from "../../bases/places.ts";
import { attentionLayers } from "../../bases/sd/attention_sites.ts";
import { crossAttentionLayers } from "../../bases/sd/cross_attention_layers.ts";
import { textKeyValueProgram } from "../../bases/sd/key_value_programs.ts";
import { unetFeatures } from "../../bases/sd/unet.ts";
import type { UnetConditioning } from "../../bases/sd/unet_blocks.ts";
import { timeInputs } from "../../bases/sd/unet_program.ts";
import { readText } from "../../bases/text_inputs.ts";
import type { Size } from "../../core/geometry.ts";
import { conv2d } from "../../ops/layers.ts";
import type { Program, Signature, Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import type { ControlnetConfig } from "./controlnet_config.ts";
import { residualName } from "./control_graph.ts";
import { hintProgram } from "./hint_embedding.ts";

/**
 * The residuals of a ControlNet (Zhang et al. 2023, III-A): half a UNet that reads the control
 * picture beside the latents, with a convolution of 1 × 1 behind each of its features.
 *
 * @param hint the picture's embedding, `[N, block_out_channels[0], height, width]`; its batch may be 1.
 * @returns one residual for each skip of the UNet, and that of the middle block last.
 */
export function controlnet<T>(
  ops: Ops<T>,
  p: Params<T>,
  given: { sample: T; hint: T },
  config: ControlnetConfig,
  conditioning: UnetConditioning<T>,
): T[] {
  const first = conv2d(ops, p.at("conv_in"), given.sample, {
    in: config.in_channels,
    out: config.block_out_channels[0]!,
  });
  const { skips, middle } = unetFeatures(
    ops,
    p,
    ops.add(first, given.hint),
    config,
    conditioning,
  );
  const project = (at: Params<T>, x: T, channels: number) =>
    conv2d(ops, at, x, { in: channels, out: channels, kernel: 1 });
  return [
    ...skips.map(({ x, channels }, i) =>
      project(p.at("controlnet_down_blocks").at(i), x, channels)
    ),
    project(p.at("controlnet_mid_block"), middle.x, middle.channels),
  ];
}

/**
 * {@linkcode controlnet} as a program: `sample`, `time`, in SDXL `added`, `hint` (the embedding) and
 * the text's keys and values in, one output for each skip out.
 */
function controlnetProgram(
  config: ControlnetConfig,
  size: Size,
): Program {
  const { height, width } = size;
  const sites = crossSites(attentionLayers(config).places(size));
  const { skips } = featureSites(config, size);
  const inputs: Record<string, Signature> = {
    sample: image(config.in_channels, size),
    ...timeInputs(config),
    hint: image(config.block_out_channels[0]!, size, "hints"),
  };
  for (const { layer, width } of sites) {
    const shape = ["batch", "text_tokens", width];
    inputs[`text_k.${layer}`] = { kind: "float", shape };
    inputs[`text_v.${layer}`] = { kind: "float", shape };
  }
  return {
    name: `controlnet_${width}x${height}`,
    allowsInt8: true,
    inputs,
    outputs: Object.fromEntries(skips.map(({ index, channels, size }) => [
      residualName(index),
      image(channels, size),
    ])),
    run: <T>(ops: Ops<T>, params: Params<T>, values: Values<T>) => {
      const given = { sample: values.sample!, hint: values.hint! };
      const residuals = controlnet(ops, params, given, config, {
        time: values.time!,
        added: values.added,
        text: readText(values, sites.length),
        size,
      });
      return Object.fromEntries(
        skips.map(({ index }, i) => [residualName(index), residuals[i]!]),
      );
    },
  };
}

function image(
  channels: number,
  { height, width }: Size,
  batch = "batch",
): Signature {
  return { kind: "image", shape: [batch, channels, height, width] };
}

/** The programs that read a ControlNet's weights. */
export type ControlnetPrograms =
  & Readonly<Record<"hint" | "residuals", () => Program>>
  & {
    /** Keys and values of text; absent where nothing attends to text, as in small ControlNets of SDXL. */
    readonly text_key_value?: () => Program;
  };

/** Every program that reads a ControlNet's weights, by name. */
export function controlnetPrograms(
  config: ControlnetConfig,
  size: Size,
): ControlnetPrograms {
  return {
    hint: () => hintProgram(config, size),
    ...(crossAttentionLayers(config).length > 0 && {
      text_key_value: () => textKeyValueProgram(config),
    }),
    residuals: () => controlnetProgram(config, size),
  };
}
