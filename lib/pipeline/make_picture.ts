import { checkPictureOptions } from "./options/check_picture_options.ts";
import type { PictureOptions } from "./options/picture_options.ts";
import type { Picture } from "./picture.ts";
import { run, type SceneOnModel } from "./run.ts";

/**
 * Makes a picture of a scene on a loaded model: `run` to its end.
 *
 * @throws {LocRefError | RangeError | TypeError} before the first step, if scene, options or model are
 * wrong.
 */
export async function makePicture(
  scene: SceneOnModel,
  options: PictureOptions = {},
): Promise<Picture> {
  checkPictureOptions(options);
  options.signal?.throwIfAborted();
  const { onStep, ...rest } = options;
  const steps = run(scene, rest);
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      await onStep?.(value);
    }
  } finally {
    // A run that onStep stopped still holds memory.
    await steps.return(undefined as never);
  }
}
