import { exportCoco } from "./export_coco.ts";
import { exportYolo } from "./export_yolo.ts";

/** A form that data sets are written in for other trainers. */
export interface DatasetExport {
  /** Its name, which is also the option that selects it: `coco` is `--coco`. */
  readonly name: string;
  /** Its name in sentences, such as `COCO`. */
  readonly title: string;
  /** Writes the data set of `folder` to `out` and returns the number of samples. */
  write(folder: string, out: string): Promise<number>;
}

/** The forms that exist, in the order of help. */
export const datasetExports: readonly DatasetExport[] = [
  { name: "coco", title: "COCO", write: exportCoco },
  { name: "yolo", title: "YOLO", write: exportYolo },
];
