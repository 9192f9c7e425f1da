import type { EditOptions } from "../../scene_data/edit_options.ts";
import type { ImageLimits } from "../../images/image_limits.ts";
import type { GridModel } from "./attention_grid.ts";

/** Options of {@linkcode Scene.preview}. */
export interface PreviewOptions extends EditOptions {
  /** For whose attention the masks are drawn: a loaded model, `pocket`, or `sd15`. @default {"pocket"} */
  readonly model?: GridModel;
  /** Folder that relative paths of the scene start from. @default {the current folder} */
  readonly folder?: string;
  /** Path or hub id of the matting model for instances with `cutout: "model"`. */
  readonly matting?: string;
  /** Instance segmentation (IS): whether references are cut out. @default {true} */
  readonly is?: boolean;
  /** How large files and pictures of the scene may be. */
  readonly limits?: ImageLimits;
}
