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
import { chooseSampler, type SamplerChoice } from "../../ddim/samplers.ts";
import type { ContentText } from "../../adapters/ip_adapter/without_content.ts";
import { methodOptions } from "../../adapters/method_options.ts";
import { limitsKind } from "../../images/image_limits.ts";
import { overlapPolicies } from "../../scene_data/scene_data.ts";
import { isPlain } from "../../core/known_keys.ts";
import { elsewhere, instead } from "../../core/diffusers_names.ts";
import { conditionFields } from "./condition_options.ts";
import { decodeFields } from "./decode_options.ts";
import { steeringFields } from "./steering_options.ts";
import { withRecipe } from "./recipes.ts";
import { size } from "./size_kind.ts";
import {
  chosenSampler,
  type FusionOptions,
  type PictureOptions,
} from "./picture_options.ts";

/** Strengths of Eq. (1); far beyond them nothing but rounding is left. */
const strength = number({ min: 0, max: 1000 });

/** Strengths by names of blocks; which names exist depends on the model. */
const blockStrengths: Kind = {
  must:
    'one strength or more from 0 to 1000 by names of blocks, such as { style: 1, rest: 0 } or { "up_blocks.1": 1 }',
  is: (value) =>
    isPlain(value) && Object.values(value).every((one) => strength.is(one)),
  // without a name every block would have strength 0
  allows: (value: Readonly<Record<string, number>>) =>
    Object.keys(value).length > 0 &&
    Object.values(value).every((one) =>
      strength.allows?.(one as never) ?? true
    ),
};

/** A text that pictures are not to bring. */
const content: Kind = either(
  text('a text, such as "a cat"'),
  nested<ContentText>({
    must: '{ text: "a cat", scale: 0.8 }',
    needed: ["text"],
    fields: { text: text('a text, such as "a cat"'), scale: strength },
  }),
);

function eq1(label: string): Kind {
  return nested<FusionOptions>({
    must: "an object of settings of Eq. (1), such as { tau: 0.5 }",
    fields: {
      tau: strength,
      lambdaCi: strength,
      lambdaRi: strength,
      grg: flag,
      iaf: flag,
      is: flag,
      overlap: oneOf(overlapPolicies),
      blocks: blockStrengths,
      without: content,
    },
    labels: {
      tau: `${label} option tau`,
      lambdaCi: `${label} option lambdaCi`,
      lambdaRi: `${label} option lambdaRi`,
      blocks: `${label} option blocks`,
      without: `${label} option without`,
    },
  });
}

const interval: Kind = {
  must: "two numbers from 0 to 1, the smaller first",
  is: (value) =>
    Array.isArray(value) && value.every((one) => typeof one === "number"),
  allows: (value: readonly number[]) =>
    value.length === 2 && value[0]! >= 0 && value[0]! <= value[1]! &&
    value[1]! <= 1,
};

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

/** The options of one picture, and what messages call them. */
export const pictureRules: Omit<OptionRules<PictureOptions>, "of"> = {
  fields: {
    seed: either(seed, {
      must: '"random"',
      is: (value) => value === "random",
    }),
    recipe: text('a recipe\'s name, such as "lightning-4"'),
    steps,
    guidance,
    guidanceInterval: interval,
    deepEvery: whole({ min: 1, max: 1000 }),
    sampler,
    eta: number({ min: 0, max: 1 }),
    size,
    ...conditionFields,
    ...decodeFields,
    ...steeringFields,
    fusion: eq1("Fusion"),
    layout: eq1("Layout"),
    methods: methodOptions,
    folder: text("a folder's path"),
    matting: text("a path or hub id"),
    limits: limitsKind,
    trace: flag,
    onStep: callback,
    signal: abortSignal,
  },
  labels: {
    seed: "Seed",
    steps: "Number of steps",
    guidance: "Guidance",
    guidanceInterval: "Guidance interval",
    eta: "Eta",
    guidanceRescale: "Guidance rescale",
  },
  elsewhere,
  instead,
};

/**
 * Checks the options of one picture on a loaded model.
 *
 * @param of what messages call the options' owner.
 * @throws {TypeError | RangeError} naming the option, its value and what is allowed.
 */
export function checkPictureOptions(
  options: PictureOptions,
  of = "generate",
): void {
  checkOptions<PictureOptions>(options, { ...pictureRules, of });
  checkTogether(options);
}

/**
 * Checks that the options of one picture fit together; their values are checked before.
 *
 * @throws {TypeError | RangeError} naming the options.
 */
export function checkTogether(options: PictureOptions): void {
  const { deepEvery = 1, trace, fusion, layout } = options;
  chosenSampler(withRecipe(options));
  if (fusion !== undefined && layout !== undefined) {
    throw new TypeError(
      "Options fusion and layout are one: layout is the old name, give fusion alone",
    );
  }
  if (deepEvery > 1 && trace) {
    throw new RangeError(
      `Option deepEvery is ${deepEvery}: a trace needs every layer in every step, so it must be 1`,
    );
  }
}
