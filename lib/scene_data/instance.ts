import { mustBe } from "../core/check_options.ts";
import { oneOf } from "../core/kinds.ts";
import { LocRefError } from "../core/error.ts";
import { type Fit, fits } from "../images/resize.ts";
import { instanceName } from "./instance_name.ts";
import { wrongType } from "./check_instance_options.ts";
import type { Reference } from "./reference.ts";
import {
  combinations,
  type Combine,
  mostPictures,
} from "./several_pictures.ts";
import { isMaskPath } from "./sources.ts";
import type {
  GivenInstance,
  GivenLora,
  InstanceData,
  InstanceLora,
} from "./scene_data.ts";
import { withoutUndefined } from "../core/without_undefined.ts";

/** Options of an instance, beside its reference and its box. */
export interface InstanceOptions {
  /** Caption of the instance; text attends to it inside the box. @default {the scene's caption} */
  readonly caption?: string;
  /**
   * A LoRA by which the caption is read, inside the instance's mask alone: the path of its file,
   * `org/repo/file.safetensors` on the hub, or an object with `path`, `scale` and `textScale`.
   */
  readonly lora?: GivenLora;
  /** Strength of the reference, sᵢ of Eq. (1), 0 or more. @default {1} */
  readonly scale?: number;
  /**
   * How several pictures of the instance combine: the tokens of all in one softmax (`concat`, the
   * strongest likeness); the mean of their features (`average`); attention to each at an equal share
   * (`sum`).
   *
   * @default {"concat"}
   */
  readonly combine?: Combine;
  /** Part of the run from which the reference acts, 0 to 1. @default {0} */
  readonly start?: number;
  /** Part of the run up to which the reference acts, 0 to 1. @default {1} */
  readonly end?: number;
  /**
   * Negative caption: what the instance's box shall not show. It takes the place of the scene's there.
   *
   * @default {the scene's negative caption}
   */
  readonly negativeCaption?: string;
  /** A picture that the instance shall not look like. */
  readonly negative?: Reference;
  /** Seed of the noise inside the box, a whole number of 0 or more. @default {the scene's noise} */
  readonly seed?: number;
  /** Order in depth: higher lies in front, equal ones as they were placed. @default {0} */
  readonly z?: number;
  /** A soft mask of the canvas that takes the place of the box. */
  readonly region?: Reference;
  /**
   * The part of the reference that is the object: its `alpha`, what a matting `model` finds, `none`
   * for the whole picture, or a mask. @default {"alpha"}
   */
  readonly cutout?: "alpha" | "model" | "none" | Reference;
  /**
   * How a reference of another shape meets its box in the composite image: `stretch` it, `contain`
   * it whole, or `cover` the box and cut off the rest. @default {"stretch"}
   */
  readonly fit?: Fit;
}

/** Greatest factor of a LoRA's changes. */
const greatestLora = 100;

/** Far beyond it nothing but rounding is left of a picture. */
const greatestScale = 1000;

/**
 * An instance with its defaults filled in.
 *
 * @throws {LocRefError} `scene-invalid` if a value is out of range, naming instance and value.
 */
export function completeInstance(
  given: GivenInstance,
  index: number,
): InstanceData {
  const { scale = 1, start = 0, end = 1, z = 0, cutout = "alpha" } = given;
  const name = instanceName(given, index);
  const wrong = wrongType(given);
  if (wrong !== undefined) {
    throw new LocRefError("scene-invalid", `${name}: ${wrong}`);
  }
  const need = (holds: boolean, what: string) => {
    if (!holds) throw new LocRefError("scene-invalid", `${name}: ${what}`);
  };
  need(given.reference !== "", "reference must be a path or URL");
  need(
    scale >= 0 && scale <= greatestScale,
    `scale must be from 0 to ${greatestScale}, got ${scale}`,
  );
  need(start >= 0 && start <= 1, `start must be from 0 to 1, got ${start}`);
  need(end >= 0 && end <= 1, `end must be from 0 to 1, got ${end}`);
  need(start < end, `start must be before end, got ${start} and ${end}`);
  need(Number.isFinite(z), `z must be a number, got ${z}`);
  need(
    given.seed === undefined ||
      (Number.isSafeInteger(given.seed) && given.seed >= 0),
    `seed must be a whole number of 0 or more, got ${given.seed}`,
  );
  const lora = completeLora(given.lora);
  checkLora(lora, given, need);
  need(cutout !== "", "cutout must be alpha, model, none or a path");
  checkSeveral(given, need);
  need(
    given.fit === undefined || fits.includes(given.fit),
    `fit ${mustBe(given.fit, oneOf(fits))}`,
  );
  const { reference, box, others = [], combine = "concat" } = given;
  const { caption, negativeCaption, negative, seed, region, fit } = given;
  const optional = withoutUndefined({
    ...(others.length > 0 ? { others, combine } : {}),
    ...{ caption, lora, negativeCaption, negative, seed, region, fit },
  });
  return { reference, box, ...optional, scale, start, end, z, cutout };
}

/** Checks further pictures of an instance, and how they combine. */
function checkSeveral(
  { others, combine, cutout = "alpha" }: GivenInstance,
  need: (holds: boolean, what: string) => void,
): void {
  need(
    combine === undefined || combinations.includes(combine),
    `combine ${mustBe(combine, oneOf(combinations))}`,
  );
  need(
    combine === undefined || others !== undefined,
    "combine says how several pictures join, so reference must be a list of them",
  );
  if (others === undefined || others.length === 0) return;
  need(
    !others.includes(""),
    "reference must hold paths or URLs, got an empty one",
  );
  need(
    others.length < mostPictures,
    `reference must hold at most ${mostPictures} pictures, got ${
      others.length + 1
    }`,
  );
  need(
    !isMaskPath(cutout),
    "a mask cuts one picture out, and reference holds several: cutout must be alpha, model or none",
  );
}

/** Checks the LoRA of an instance. */
function checkLora(
  lora: InstanceLora | undefined,
  { caption }: GivenInstance,
  need: (holds: boolean, what: string) => void,
): void {
  need(
    lora === undefined || !!caption,
    "lora changes how the instance's caption is read, so it needs a caption",
  );
  need(lora?.path !== "", "lora must be a path or org/repo/file.safetensors");
  for (const key of ["scale", "textScale"] as const) {
    const value = lora?.[key] ?? 1;
    need(
      value >= -greatestLora && value <= greatestLora,
      `${key} of lora must be from -${greatestLora} to ${greatestLora}, got ${value}`,
    );
  }
}

function completeLora(given: GivenLora | undefined): InstanceLora | undefined {
  if (given === undefined) return undefined;
  const { path, scale = 1, textScale = scale } = typeof given === "string"
    ? { path: given }
    : given;
  return { path, scale, textScale };
}
