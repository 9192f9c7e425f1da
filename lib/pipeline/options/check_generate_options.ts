import {
  checkOptions,
  nested,
  type OptionRules,
} from "../../core/check_options.ts";
import {
  abortSignal,
  callback,
  either,
  flag,
  type Kind,
  number,
  oneOf,
  seed,
  text,
  whole,
} from "../../core/kinds.ts";
import type { Rulers } from "./rulers.ts";
import { chooseSampler, type SamplerChoice } from "../../ddim/samplers.ts";
import { limitsKind } from "../../images/image_limits.ts";
import { backendNames } from "../../ops/open_executor.ts";
import type { Size } from "../../core/geometry.ts";
import { overlapPolicies } from "../../scene_data/scene_data.ts";
import { elsewhere, instead } from "../../core/diffusers_names.ts";
import type { LeastScores } from "./choice_options.ts";
import {
  chosenSampler,
  type GenerateOptions,
  type LayoutOptions,
  type SeveralOptions,
} from "./generate_options.ts";
import { LocRef } from "../locref.ts";

/** A loaded model, or the name of one. */
const model: Kind = either(
  { must: "a loaded model", is: (value) => value instanceof LocRef },
  text('the name of one: "pocket", a folder, or a hub id like "org/repo"'),
);

/** Backends, and the choice of one. */
export const backend: Kind = oneOf(["auto", ...backendNames]);

/** Most pixels along a side of a picture. */
const longestSide = 16384;

/** Size of a picture in pixels. */
export const size: Kind = nested<Size>({
  must: "{ width, height } in pixels",
  needed: ["width", "height"],
  fields: {
    width: whole({ min: 1, max: longestSide }),
    height: whole({ min: 1, max: longestSide }),
  },
});

const strength = number({ min: 0 });

const layout: Kind = nested<LayoutOptions>({
  must: "an object of settings of Eq. (1), such as { tau: 0.5 }",
  fields: {
    tau: strength,
    lambdaCi: strength,
    lambdaRi: strength,
    grg: flag,
    iaf: flag,
    is: flag,
    overlap: oneOf(overlapPolicies),
  },
  labels: {
    tau: "Layout option tau",
    lambdaCi: "Layout option lambdaCi",
    lambdaRi: "Layout option lambdaRi",
  },
});

const interval: Kind = {
  must: "two numbers from 0 to 1, the smaller first",
  is: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "number"),
  allows: (value: readonly number[]) =>
    value.length === 2 && value[0]! >= 0 && value[0]! <= value[1]! &&
    value[1]! <= 1,
};

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

/** Guidance scales; far beyond them predictions overflow. */
export const guidance: Kind = { ...number({ min: 0, max: 1000 }) };

/** Numbers of steps. */
export const steps: Kind = whole({ min: 1, max: 1000 });

/** A sampler's name, or the name with options. */
const sampler: Kind = {
  must: 'a sampler\'s name, or an object such as { name: "ddim", eta: 0.3 }',
  is: (value) =>
    typeof value === "string" ||
    typeof (value as { name?: unknown } | null)?.name === "string",
  inside: (value: SamplerChoice) => void chooseSampler(value),
};

const rules: Omit<OptionRules<GenerateOptions>, "of"> = {
  fields: {
    model,
    backend,
    seed: either(seed, {
      must: '"random"',
      is: (value) => value === "random",
    }),
    steps,
    guidance,
    guidanceInterval: interval,
    deepEvery: whole({ min: 1 }),
    sampler,
    eta: number({ min: 0, max: 1 }),
    size,
    layout,
    folder: text("a folder's path"),
    matting: text("a path or hub id"),
    limits: limitsKind,
    trace: flag,
    onStep: callback,
    signal: abortSignal,
    n: whole({ min: 1, max: 1000 }),
    keep: oneOf(["best"]),
    until,
    tries: whole({ min: 1, max: 1000 }),
    rulers,
  },
  labels: {
    seed: "Seed",
    steps: "Number of steps",
    guidance: "Guidance",
    guidanceInterval: "Guidance interval",
    eta: "Eta",
  },
  elsewhere,
  instead,
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
  checkOptions<GenerateOptions>(options, { ...rules, of });
  checkLastSeed(options);
  const { deepEvery = 1, trace } = options;
  chosenSampler(options);
  if (deepEvery > 1 && trace) {
    throw new RangeError(
      `Option deepEvery is ${deepEvery}: a trace needs every layer in every step, so it must be 1`,
    );
  }
}

/** What `sweep` shares with `generate`. */
export const generateRules = rules;

/** Seeds of several pictures follow each other, up to the greatest that is exact. */
function checkLastSeed(
  { seed = 0, n = 1 }: Pick<GenerateOptions, "seed" | "n">,
): void {
  if (seed === "random" || Number.isSafeInteger(seed + n - 1)) return;
  throw new RangeError(
    `Seed is ${seed}: the last of ${n} pictures would have a seed above 2^53 - 1`,
  );
}
