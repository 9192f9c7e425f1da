import { checkValue } from "../core/check_options.ts";
import { checkGenerateOptions } from "../model/check_generate_options.ts";
import type { GenerateOptions } from "../model/generate_options.ts";
import type { Picture } from "../pipeline/picture.ts";
import { Scene } from "./scene.ts";

/** Options of {@linkcode best}. */
export interface BestOptions extends Omit<GenerateOptions, "keep"> {
  /** Always the best. */
  keep?: "best";
}

/**
 * Makes several pictures of a scene and returns the best, with its scores: the one with the best mean
 * over its instances of IoU and CLIP-I. `n` counts candidates; `until` paints failed instances anew in
 * their boxes until they reach its scores, in at most `tries` pictures.
 *
 * `scene.generate({ n, keep: "best" })` is a short form of it.
 *
 * @example
 * ```ts
 * import { best, box, scene } from "@locref/locref";
 *
 * const one = scene().caption("a star on a blue ground")
 *   .place("examples/assets/star.png", box.percent(10, 10, 60, 60));
 * const picture = await best(one, { n: 2, steps: 2 });
 * console.log(picture.scores?.instances[0]?.iou);
 * ```
 *
 * @throws {TypeError | RangeError} before any long work, if the options do not fit together.
 * @throws {LocRefError} if scene or model are wrong.
 */
export async function best(
  scene: Scene,
  options: BestOptions = {},
): Promise<Picture> {
  checkValue(scene, {
    must: "a scene",
    is: (value) => value instanceof Scene,
  }, { name: "Scene of best" });
  checkGenerateOptions(options, "best");
  return await scene.generate({ ...options, keep: "best" });
}
