import type { ImageFormat } from "../../images/encode.ts";

/** Options of {@linkcode Picture.encode} and {@linkcode Picture.save}. */
export interface SaveOptions {
  /** File format. @default {by the path's ending, else png} */
  format?: ImageFormat;
  /** 1 to 100, for `webp` and `jpeg`. @default {92} */
  quality?: number;
  /**
   * How many times as wide and high the file's picture is, 1 to 16. It shows no more than the picture
   * does: it is for models whose pictures are small on a screen.
   *
   * @default {1}
   */
  scale?: number;
  /** How a picture is enlarged: smoothly, or each pixel as a square. @default {"lanczos"} */
  enlarge?: "lanczos" | "nearest";
  /**
   * How much provenance a PNG file holds. `full` holds absolute paths, and references that were given
   * as bytes, for this machine. `portable` holds paths below the scene's file or the current folder,
   * base names, and hashes. `none` holds nothing.
   *
   * @default {"portable"}
   */
  provenance?: "full" | "portable" | "none";
}
