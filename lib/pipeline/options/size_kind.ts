import { nested } from "../../core/check_options.ts";
import type { Size } from "../../core/geometry.ts";
import { type Kind, whole } from "../../core/kinds.ts";

/** Most pixels along a side of a picture. */
const longestSide = 16384;

/** Size of a picture in pixels. */
export const size: Kind = nested<Size>({
  must: "{ width, height } in pixels",
  needed: ["width", "height"],
  fields: {
    width: whole({ min: 1, max: longestSide }),
    height: whole({ min: 1, max: longestSide }),
  },
});
