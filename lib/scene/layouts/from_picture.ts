import { checkOptions } from "../../core/check_options.ts";
import { number, text } from "../../core/kinds.ts";
import { quote } from "../../core/quote.ts";
import { decodeImage } from "../../images/decode.ts";
import { sourceName } from "../../images/read_source.ts";
import type { Detector } from "../../pipeline/options/rulers.ts";
import { box } from "../../scene_data/box.ts";
import { type Reference, referenceText } from "../../scene_data/reference.ts";
import { suppress } from "../../scoring/detectors/nms.ts";
import { openDetector } from "../../scoring/detectors/open_detector.ts";
import { PictureLayout } from "./picture_layout.ts";

/** Options of `layout.fromPicture`. */
export interface FromPictureOptions {
  /**
   * A detector that is open, or its name: `pocket`, `centernet` (80 classes of COCO, fetched from
   * npm), or YOLOv8 or YOLO11 as an ONNX file.
   *
   * @default {"pocket"}
   */
  readonly detector?: Detector | string;
  /** Objects with lower scores are left out, 0 to 1. @default {0.25} */
  readonly least?: number;
}

/** IoU above which two boxes are of one object, whatever their classes. */
const sameObject = 0.6;

/**
 * The objects that a detector finds in a photograph, best first.
 *
 * @throws {LocRefError} if the photograph or the detector is missing.
 */
export async function fromPicture(
  photo: Reference,
  options: FromPictureOptions = {},
): Promise<PictureLayout> {
  checkOptions<FromPictureOptions>(options, {
    of: "layout.fromPicture",
    fields: { detector: detectorKind, least: number({ min: 0, max: 1 }) },
    elsewhere: {
      model: "detector",
      threshold: "least",
      confidence: "least",
      min: "least",
    },
  });
  const { detector = "pocket", least = 0.25 } = options;
  const text = referenceText(photo, "Photograph");
  const source = typeof text === "string"
    ? text
    : new Uint8Array(await text.arrayBuffer());
  const name = typeof source === "string"
    ? `Photograph ${quote(sourceName(source))}`
    : "Photograph";
  const raster = await decodeImage(source, { name });
  const opened = typeof detector === "string"
    ? await openDetector(detector)
    : detector;
  try {
    const [found = []] = await opened.detect([raster]);
    // an object of which the detector is unsure has a box of several classes
    const single = suppress(found, { iou: sameObject, agnostic: true });
    const objects = single.filter(({ score }) => score >= least).map((one) => ({
      name: opened.classes[one.category] ?? `class ${one.category}`,
      box: box.fraction(
        ...one.box.map(inside) as [number, number, number, number],
      ),
      score: one.score,
    }));
    const size = { width: raster.width, height: raster.height };
    return new PictureLayout({ size, objects }, raster);
  } finally {
    if (typeof detector === "string") await opened.dispose();
  }
}

const detectorKind = {
  must: 'a detector, or a name such as "pocket" or "centernet"',
  is: (value: unknown) =>
    text().is(value) ||
    typeof (value as Partial<Detector> | null)?.detect === "function",
};

function inside(value: number): number {
  return Math.min(1, Math.max(0, value));
}
