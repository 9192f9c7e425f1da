import type { Size } from "../core/geometry.ts";

/** A size of latents for what is the same at every size. */
export const anyDenoiserSize: Size = { height: 64, width: 64 };
