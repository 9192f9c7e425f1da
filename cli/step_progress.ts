import { startProgress } from "../lib/core/command/progress.ts";
import type { GenerateOptions } from "../lib/model/generate_options.ts";
import type { Picture } from "../lib/pipeline/picture.ts";
import type { Scene } from "../lib/scene/scene.ts";

/** Makes a picture with a progress line over its steps. */
export async function withProgress(
  scene: Scene,
  options: GenerateOptions,
): Promise<Picture> {
  const steps = scene.steps(options);
  let bar: ReturnType<typeof startProgress> | undefined;
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      bar ??= startProgress("denoise", { total: value.total });
      bar.update(value.step);
    }
  } finally {
    bar?.end();
  }
}
