import type { Size } from "./geometry.ts";

/** A size as it stands in the names of masks, such as `16x24` (height first). */
export function sizeKey(size: Size): string {
  return `${size.height}x${size.width}`;
}
