import { quote } from "../../core/quote.ts";
import type { WeightHeader } from "../identify/weight_identity.ts";
import type { Family, PredictionType } from "./family.ts";
import { partPrefix } from "./part_prefixes.ts";

/** The prediction of a checkpoint's denoiser, as far as the file says it. */
export interface Prediction {
  readonly type: PredictionType;
  /** Whether it was trained on a schedule that ends in noise alone. */
  readonly zeroSnr: boolean;
  /** A sentence where the file does not say it. */
  readonly doubt?: string;
}

/**
 * Finds out what a checkpoint predicts. Shapes do not show it: empty tensors named `v_pred` and
 * `ztsnr` do, and metadata; Stable Diffusion 2 exists in both kinds.
 *
 * @param given What the user says, which goes before.
 */
export function predictionOf(
  header: WeightHeader,
  { path, family, given }: {
    path: string;
    family: Family;
    given?: PredictionType;
  },
): Prediction {
  const zeroSnr = header.info("ztsnr") !== undefined;
  const type = given ?? written(header);
  if (type !== undefined) return { type, zeroSnr };
  if (family !== "sd2" || isInpainting(header)) {
    return { type: "epsilon", zeroSnr };
  }
  return {
    type: "v_prediction",
    zeroSnr,
    doubt: `Model ${
      quote(path)
    } does not say whether it predicts v or noise: v is taken, as in Stable Diffusion 2.1 for 768 pixels; for one of 512 pixels load it with prediction "epsilon"`,
  };
}

function written(
  { info, metadata }: WeightHeader,
): PredictionType | undefined {
  if (info("v_pred") !== undefined) return "v_prediction";
  const own = metadata["modelspec.prediction_type"]?.toLowerCase();
  if (own !== undefined && /^v(_|-|$)/.test(own)) return "v_prediction";
  if (own !== undefined && /^eps/.test(own)) return "epsilon";
  const architecture = metadata["modelspec.architecture"] ?? "";
  if (/768-v\b|-v$/.test(architecture)) return "v_prediction";
  return /v2-512|v2-inpainting|v2-depth/.test(architecture)
    ? "epsilon"
    : undefined;
}

function isInpainting(header: WeightHeader): boolean {
  const prefix = partPrefix(header, "unet") ?? "";
  const first = header.info(`${prefix}input_blocks.0.0.weight`) ??
    header.info(`${prefix}conv_in.weight`);
  return first?.shape[1] === 9;
}
