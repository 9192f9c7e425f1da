/** IP-Adapter files as LocRef files: the same function, in the form that training goes on from. */

import { portableName } from "../../core/files/portable_name.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import type { SafetensorsFile } from "../../weights/safetensors/safetensors.ts";
import {
  type WritableDType,
  type WritableTensor,
  writeSafetensors,
} from "../../weights/safetensors/write_safetensors.ts";
import { readLocRef } from "../open_locref.ts";

/** Options of {@linkcode convertIpAdapter}. */
export interface ConvertIpAdapterOptions {
  /** Type of the values in the new file. @default {"F16"} */
  dtype?: WritableDType;
  /**
   * Weights of the image encoder, whose `visual_projection` is folded into an adapter of the base
   * form: LocRef's Appearance-Net reads the features before it.
   */
  imageEncoder?: WeightSource;
  /**
   * Tokens that a picture becomes in the full form, one a patch and the class token.
   *
   * @default {257, as CLIP ViT-H/14 gives at 224 pixels}
   */
  tokens?: number;
  /** Name of the base model for the metadata, such as `stable-diffusion-v1-5/stable-diffusion-v1-5`. */
  base?: string;
  /** Name of the image encoder for the metadata. */
  encoder?: string;
}

/**
 * Writes the IP-Adapter `file` as a LocRef adapter at `path`. Both branches get its keys and values,
 * at half strength each.
 *
 * The full form (Linear, GELU, Linear, LayerNorm) is Appearance-Net's own. The base form has one
 * linear layer W; since GELU(x) − GELU(−x) = x, it is exactly Appearance-Net with the layers
 * [V; −V] and [W, −W], where V is the projection of the image encoder.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if the file has another form, or the image encoder is
 * needed and does not fit.
 */
export async function convertIpAdapter(
  file: SafetensorsFile,
  path: string,
  options: ConvertIpAdapterOptions = {},
): Promise<void> {
  const { shape } = readLocRef(file);
  const dtype = options.dtype ?? "F16";
  const tensors = new Map<string, WritableTensor>();
  const layers = layerTensors(file, dtype);
  for (const [name, tensor] of layers) tensors.set(name, tensor);
  const projection = shape.kind === "ip-adapter-full"
    ? fullProjection(file)
    : shape.kind === "ip-adapter-base"
    ? await baseProjection(file, options.imageEncoder)
    : refuse(file, shape.kind);
  for (const [name, tensor] of projection) {
    tensors.set(`appearance_net.${name}`, { ...tensor, dtype });
  }
  const patch = shape.kind === "ip-adapter-full";
  const { base, encoder } = options;
  await writeSafetensors(path, tensors, {
    metadata: {
      format: "locref",
      version: "1",
      tokens: String(patch ? options.tokens ?? 257 : shape.tokens),
      encoder_input: patch ? "patch" : "pooled",
      lambda_ci: "0.5",
      lambda_ri: "0.5",
      ...(base ? { base: portableName(base) } : {}),
      ...(encoder ? { encoder: portableName(encoder) } : {}),
    },
  });
}

function refuse(file: SafetensorsFile, kind: string): never {
  throw new LocRefError(
    "checkpoint-mismatch",
    kind === "locref"
      ? `${file.path} is a LocRef adapter already`
      : `${file.path} is an IP-Adapter of the plus form, whose resampler has no place in a LocRef file: load it as it is, with { adapter: FILE }`,
  );
}

function layerTensors(
  file: SafetensorsFile,
  dtype: WritableDType,
): [string, WritableTensor][] {
  return file.names().flatMap((name) => {
    const match = /^ip_adapter\.(\d+)\.to_([kv])_ip\.weight$/.exec(name);
    if (!match) return [];
    const tensor = {
      shape: file.info(name)!.shape,
      dtype,
      data: () => file.read(name),
    };
    return ["ci", "ri"].map((branch): [string, WritableTensor] => [
      `layout_net.${match[1]}.to_${match[2]}_${branch}.weight`,
      tensor,
    ]);
  });
}

function fullProjection(file: SafetensorsFile): [string, WritableTensor][] {
  const places = [["proj.0", "proj.0"], ["proj.2", "proj.2"], [
    "proj.3",
    "norm",
  ]];
  return places.flatMap(([from, to]) =>
    ["weight", "bias"].map((kind): [string, WritableTensor] => {
      const name = `image_proj.${from}.${kind}`;
      const { shape } = file.info(name)!;
      return [`${to}.${kind}`, { shape, data: () => file.read(name) }];
    })
  );
}

async function baseProjection(
  file: SafetensorsFile,
  imageEncoder: WeightSource | undefined,
): Promise<[string, WritableTensor][]> {
  const [out, embeds] = file.info("image_proj.proj.weight")!.shape;
  const folded = imageEncoder?.info("visual_projection.weight");
  if (
    imageEncoder === undefined || folded === undefined ||
    folded.shape[0] !== embeds
  ) {
    throw new LocRefError(
      "checkpoint-mismatch",
      imageEncoder === undefined
        ? `${file.path} is of the base form, which reads projected features: give the image encoder that it was made for, so that its projection can be folded in`
        : `${file.path} reads features of width ${embeds}, but the image encoder projects to ${
          folded?.shape[0] ?? "nothing"
        }`,
    );
  }
  const width = folded.shape[1]!;
  const first = await imageEncoder.read("visual_projection.weight");
  const second = await file.read("image_proj.proj.weight");
  const hidden = 2 * embeds!;
  const rows = new Float32Array(hidden * width);
  rows.set(first);
  rows.set(first.map((value) => -value), first.length);
  const columns = new Float32Array(out! * hidden);
  for (let i = 0; i < out!; i++) {
    const row = second.subarray(i * embeds!, (i + 1) * embeds!);
    columns.set(row, i * hidden);
    columns.set(row.map((value) => -value), i * hidden + embeds!);
  }
  const same = (name: string) => ({
    shape: file.info(name)!.shape,
    data: () => file.read(name),
  });
  return [
    ["proj.0.weight", { shape: [hidden, width], data: rows }],
    ["proj.0.bias", { shape: [hidden], data: new Float32Array(hidden) }],
    ["proj.2.weight", { shape: [out!, hidden], data: columns }],
    ["proj.2.bias", same("image_proj.proj.bias")],
    ["norm.weight", same("image_proj.norm.weight")],
    ["norm.bias", same("image_proj.norm.bias")],
  ];
}
