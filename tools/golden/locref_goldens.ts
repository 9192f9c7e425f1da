import { join } from "node:path";
import type { LocRefAdapter } from "../../lib/adapters/locref/locref_file.ts";
import { openLocRef } from "../../lib/adapters/open_locref.ts";
import { boxCoverage } from "../../lib/masks/coverage.ts";
import type { Executor, Values } from "../../lib/ops/executor.ts";
import type { FractionBox, Size } from "../../lib/core/geometry.ts";
import { type Tensor, zeros } from "../../lib/core/tensor.ts";
import type { FusionSettings } from "../../lib/adapters/locref/fusion_settings.ts";
import { maskInputs } from "../../lib/adapters/locref/mask_inputs.ts";
import type { StableDiffusion } from "../../lib/bases/sd/stable_diffusion.ts";
import { openStableDiffusion } from "../open_stable_diffusion.ts";
import { reshape } from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import type { Overlap } from "../../lib/scene_data/scene_data.ts";
import { attentionSizes } from "../../lib/bases/sd/cross_attention_layers.ts";
import { sizeKey } from "../../lib/core/size_key.ts";
import { appearanceTokens } from "./adapter_cases.ts";
import type { GoldenContext } from "./golden_case.ts";
import { readGoldens } from "./golden_files.ts";

/** One variant of Eq. (1) in `locref.json`. */
export interface Variant {
  readonly tau?: number;
  readonly lambda_ci?: number;
  readonly lambda_ri?: number;
  readonly grg?: boolean;
  readonly iaf?: boolean;
  readonly overlap?: Overlap;
  readonly features?: "zero";
  readonly caption_of_instance?: number;
}

export interface LocrefFile {
  readonly boxes_xyxy_fraction: readonly [number, number, number, number][];
  readonly instance_scales: readonly number[];
  readonly defaults: Variant;
  readonly variants: Readonly<Record<string, Variant>>;
  readonly cfg: { readonly steps: number; readonly guidance_scale: number };
}

/** Everything that the cases share. */
export interface LocrefGoldens {
  readonly file: LocrefFile;
  readonly tensors: Record<string, Tensor>;
  readonly base: StableDiffusion;
  readonly adapter: LocRefAdapter;
}

export async function read({ dir }: GoldenContext): Promise<LocrefGoldens> {
  return {
    file: await readJson(join(dir, "locref.json")),
    tensors: await readGoldens(dir, "locref"),
    base: await openStableDiffusion(join(dir, "sd-tiny")),
    adapter: await openLocRef(join(dir, "locref", "locref-tiny.safetensors")),
  };
}

export function boxesOf(file: LocrefFile): FractionBox[] {
  return file.boxes_xyxy_fraction.map(([x0, y0, x1, y1]) => ({
    x0,
    y0,
    x1,
    y1,
  }));
}

export async function tokensOf(
  executor: Executor,
  { tensors, adapter }: LocrefGoldens,
  variant: Variant,
): Promise<{ ci: Tensor; ri: Tensor; instances: number }> {
  const features = (name: string) => {
    const given = tensors[name]!;
    return variant.features === "zero" ? zeros(given.shape) : given;
  };
  const [batch, instances, ...rest] = tensors.ri_features!.shape as [
    number,
    number,
  ];
  const flat = reshape(features("ri_features"), [batch * instances, ...rest]);
  return {
    ci: await appearanceTokens(executor, adapter, features("ci_features")),
    ri: await appearanceTokens(executor, adapter, flat),
    instances,
  };
}

export function masksOf(
  goldens: LocrefGoldens,
  size: Size,
  variant: Variant,
): Values<Tensor> {
  const { file, base } = goldens;
  const boxes = boxesOf(file);
  const sizes = attentionSizes(base.unet.config, size);
  const coverages = new Map(
    sizes.map((at) => [sizeKey(at), boxes.map((box) => boxCoverage(box, at))]),
  );
  const captioned = variant.caption_of_instance === undefined
    ? []
    : [variant.caption_of_instance];
  const scales = file.instance_scales;
  const depths = boxes.map(() => 0);
  return maskInputs(
    sizes,
    { coverages, scales, depths, captioned },
    settingsOf({ ...file.defaults, ...variant }),
  );
}

function settingsOf(variant: Variant): FusionSettings {
  return {
    tau: variant.tau ?? 1,
    lambdaCi: variant.lambda_ci ?? 1,
    lambdaRi: variant.lambda_ri ?? 1,
    grg: variant.grg ?? true,
    iaf: variant.iaf ?? true,
    overlap: variant.overlap ?? "average",
  };
}
