import { join } from "node:path";
import { pocketDetectorProgram } from "../../encoders/pocket_detector.ts";
import { normalisePlanes } from "../../images/pixel_values.ts";
import type { Executor } from "../../ops/executor.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { parseDetectorConfig } from "../../weights/configs/detector_config.ts";
import { readConfigFile } from "../../weights/configs/read_config_file.ts";
import { scaledWeights } from "../../weights/scaled_weights.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import { suppress } from "./nms.ts";
import type { Detection } from "../../pipeline/options/rulers.ts";

/** A detector of the pocket world's objects. */
export interface PocketDetector {
  /** Names of the classes. */
  readonly classes: readonly string[];
  /** Side of the pictures, in pixels. */
  readonly side: number;
  /** Objects in pictures `[3, side, side]` (0..1), best first. */
  detect(pictures: readonly Float32Array[]): Promise<Detection[][]>;
  /** Frees the detector's memory. */
  dispose(): Promise<void>;
}

/** Scores below this are no detections. */
const leastScore = 0.05;

/** Loads a pocket detector's folder. */
export async function loadPocketDetector(
  folder: string,
  executor: Executor,
): Promise<PocketDetector> {
  const file = join(folder, "config.json");
  const { config } = parseDetectorConfig(await readConfigFile(file), { file });
  const weights = scaledWeights(
    await openSafetensors(join(folder, "model.safetensors")),
  );
  const runner = await executor.compile(
    pocketDetectorProgram(config),
    weights,
    { inputsComeAgain: false },
  );
  const side = config.image_size;
  return {
    classes: config.classes,
    side,
    async detect(pictures) {
      const pixels = new Float32Array(pictures.length * 3 * side * side);
      for (const [n, picture] of pictures.entries()) {
        pixels.set(normalisePlanes(picture), n * picture.length);
      }
      const input = tensor([pictures.length, 3, side, side], pixels);
      const { logits, distances } = await runner.run({ pixels: input });
      return pictures.map((_, n) =>
        suppress(readCells(logits!, distances!, n))
      );
    },
    dispose: () => runner.dispose(),
  };
}

/** Detections in the cells of one picture, for classes with a score worth keeping. */
function readCells(
  logits: Tensor,
  distances: Tensor,
  row: number,
): Detection[] {
  const [, classes, side] = logits.shape as [number, number, number];
  const cells = side * side;
  const found: Detection[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const x = cell % side + 0.5, y = Math.floor(cell / side) + 0.5;
    const reach = (i: number) =>
      Math.exp(
        Math.min(
          4,
          Math.max(-4, distances.data[(row * 4 + i) * cells + cell]!),
        ),
      );
    for (let category = 0; category < classes; category++) {
      const logit = logits.data[(row * classes + category) * cells + cell]!;
      const score = 1 / (1 + Math.exp(-logit));
      if (score < leastScore) continue;
      const edges = [x - reach(0), y - reach(1), x + reach(2), y + reach(3)];
      const [x0, y0, x1, y1] = edges.map((edge) =>
        Math.min(1, Math.max(0, edge / side))
      );
      if (x1! > x0! && y1! > y0!) {
        found.push({ box: [x0!, y0!, x1!, y1!], category, score });
      }
    }
  }
  return found;
}
