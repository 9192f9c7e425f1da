import type { Progress } from "../../../lib/core/command/progress.ts";
import type { Ranks } from "../../ranks/ranks.ts";
import type { PictureOptions } from "../options.ts";
import type { IndexFormat } from "../read/index_file.ts";
import type { Captioner } from "./captioner.ts";
import type { PlanOptions } from "./plan.ts";

/** Options of `buildDataset`. */
export interface BuildOptions extends PlanOptions {
  /** Folder of the data set. */
  readonly out: string;
  /** Folder or archive of the pictures. */
  readonly images: string;
  /** Folder or archive of mask pictures (OpenImages). */
  readonly masks?: string;
  /** Filters, and how samples are drawn. */
  readonly picture: PictureOptions;
  /** How captions are made, as far as it changes them. */
  readonly captions: unknown;
  /** Writes captions, where requested. */
  readonly captioner?: Captioner;
  /** Form of the list of samples. @default {"jsonl"} */
  readonly index?: IndexFormat;
  /** Worker threads. */
  readonly threads: number;
  /** Whether the first problem ends the build. */
  readonly strict: boolean;
  /** The processes that share the work. */
  readonly ranks: Ranks;
  /** Begins to show how many of `total` pictures are done. */
  readonly progress?: (total: number) => Progress;
}
