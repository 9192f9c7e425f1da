import type { GenerateOptions } from "./generate_options.ts";
import { keptModel, type ModelUse } from "./kept_models.ts";
import { isInpainting } from "../scene_data/init_data.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { loadedModel, LocRef } from "./locref.ts";

/**
 * The model of a run: the one that it was given, or the one that it names, which stays loaded. An
 * inpainting model for a scene without a mask is refused before it is fetched.
 *
 * @throws what loading throws, or the signal's reason.
 */
export async function useModel(
  { model = "pocket", ...options }: Pick<
    GenerateOptions,
    "model" | "backend" | "signal"
  >,
  { init }: Pick<SceneData, "init">,
): Promise<ModelUse> {
  if (!(model instanceof LocRef)) {
    const { signal } = options;
    const paints = init !== undefined && isInpainting(init);
    if (!paints) {
      const load = await import("../pipeline/load/refuse_maskless.ts");
      await load.refuseMaskless(model, { signal });
    }
    return await keptModel(model, options);
  }
  return {
    model: loadedModel(model),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
