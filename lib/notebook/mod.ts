/**
 * Pictures, tables and runs in notebooks of the Deno kernel.
 *
 * @module
 */

export { gallery } from "./gallery.ts";
export type { Gallery, GalleryOptions } from "./gallery.ts";
export { showSteps } from "./show_steps.ts";
export type { ShowStepsOptions } from "./show_steps.ts";
export { shown, table } from "./shown.ts";
export type { Shown, TableCell, TableOptions } from "./shown.ts";
