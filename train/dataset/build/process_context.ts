import type { PictureOptions } from "../options.ts";
import type { PictureFiles } from "../sources/picture_files.ts";

/** Where pictures come from and what they are made into. */
export interface ProcessContext {
  /** `coco` or `openimages`. */
  readonly dataset: string;
  /** The pictures' files. */
  readonly pictures: PictureFiles;
  /** The masks' files (OpenImages). */
  readonly masks?: PictureFiles;
  /** The data set's folder. */
  readonly folder: string;
  /** What is kept and drawn. */
  readonly options: PictureOptions;
  /** Side of the captioner's pictures. */
  readonly captionSize?: number;
}
