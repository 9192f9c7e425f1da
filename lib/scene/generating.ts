import { checkObject } from "../core/known_keys.ts";
import { withoutUndefined } from "../core/without_undefined.ts";

/** The modules that pictures are made by, imported when the first one is made. */
export async function generating() {
  const { generate } = await import("../scoring/generate.ts");
  const { generateSteps } = await import("../model/generate.ts");
  const { checkGenerateOptions } = await import(
    "../model/check_generate_options.ts"
  );
  return { checkGenerateOptions, generate, generateSteps };
}

/** Options that are given; what is undefined counts as absent. */
export function givenOptions<O extends object>(options: O, of: string): O {
  checkObject(options, of);
  return { ...withoutUndefined(options) };
}
