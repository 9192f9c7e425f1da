import type { GenerateOptions } from "./generate_options.ts";
import { keptModel, type ModelUse } from "./kept_models.ts";
import { loadedModel, LocRef } from "./locref.ts";

/**
 * The model of a run: the one that it was given, or the one that it names, which stays loaded.
 *
 * @throws what loading throws, or the signal's reason.
 */
export async function useModel(
  { model = "pocket", ...options }: Pick<
    GenerateOptions,
    "model" | "backend" | "signal"
  >,
): Promise<ModelUse> {
  if (!(model instanceof LocRef)) return await keptModel(model, options);
  return {
    model: loadedModel(model),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
