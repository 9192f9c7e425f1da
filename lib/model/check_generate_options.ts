import {
  checkOptions,
  nested,
  type OptionRules,
} from "../core/check_options.ts";
import {
  either,
  type Kind,
  number,
  oneOf,
  text,
  whole,
} from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import { backendNames, meantBackend } from "../ops/backends.ts";
import {
  checkTogether,
  pictureRules,
} from "../pipeline/options/check_picture_options.ts";
import type { LeastScores } from "../pipeline/options/choice_options.ts";
import type { Rulers } from "../pipeline/options/rulers.ts";
import { editKinds } from "../scene_data/edit_options.ts";
import type { GenerateOptions, SeveralOptions } from "./generate_options.ts";
import { LocRef } from "./locref.ts";

/** A loaded model, or the name of one. */
const model: Kind = either(
  { must: "a loaded model", is: (value) => value instanceof LocRef },
  text(
    'the name of one: "pocket", a folder, a .safetensors file, or a hub id like "org/repo"',
  ),
);

const score = number({ min: -1, max: 1 });

const until: Kind = nested<LeastScores>({
  must: "an object of least scores, such as { iou: 0.7 }",
  fields: { iou: score, clip: score },
  labels: { iou: "Option until.iou", clip: "Option until.clip" },
});

const rulers: Kind = {
  must: "rulers as loadRulers gives them, { detector, encoder }",
  is: (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    !(value instanceof Promise),
  // Rulers may be objects of the user's own, with further members.
  inside: ({ detector, encoder, ...more }: Rulers, name: string) => {
    const none = detector === undefined && encoder === undefined;
    const fields = {
      detector: withMethod("detect", "a detector as loadRulers opens it"),
      encoder: withMethod("embed", "an encoder as loadRulers opens it"),
    };
    checkOptions<Rulers>(none ? more : { detector, encoder }, {
      of: name.replace(/^Option /, ""),
      fields,
    });
  },
};

function withMethod(method: string, must: string): Kind {
  return {
    must,
    is: (value) =>
      typeof (value as Record<string, unknown> | null)?.[method] === "function",
  };
}

/** The options of `generate`, and what messages call them. */
export const generateRules: Omit<OptionRules<GenerateOptions>, "of"> = {
  ...pictureRules,
  fields: {
    ...pictureRules.fields,
    ...editKinds,
    model,
    get backend() {
      return oneOf(["auto", ...backendNames], meantBackend);
    },
    n: whole({ min: 1, max: 1000 }),
    keep: oneOf(["best"]),
    until,
    tries: whole({ min: 1, max: 1000 }),
    rulers,
  },
};

/**
 * Checks the options of a run before anything is loaded.
 *
 * @param of what messages call the options' owner.
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkGenerateOptions(
  options: GenerateOptions | SeveralOptions,
  of = "generate",
): void {
  checkOptions<GenerateOptions>(options, { ...generateRules, of });
  checkLastSeed(options);
  checkBackend(options as GenerateOptions);
  checkTogether(options);
}

/** A loaded model stays where it is. */
function checkBackend({ model, backend = "auto" }: GenerateOptions): void {
  if (!(model instanceof LocRef)) return;
  const { name } = model.backend;
  if (backend === "auto" || backend === name) return;
  throw new TypeError(
    `Option backend is ${quote(backend)}, but the model runs on ${
      quote(name)
    } already: give backend to LocRef.load`,
  );
}

/** Seeds of several pictures follow each other, up to the greatest that is exact. */
function checkLastSeed(
  { seed = 0, n = 1 }: Pick<GenerateOptions, "seed" | "n">,
): void {
  if (seed === "random" || Number.isSafeInteger(seed + n - 1)) return;
  throw new RangeError(
    `Seed is ${seed}: the last of ${n} pictures would have a seed above 2^53 - 1`,
  );
}
