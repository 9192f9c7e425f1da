import { Buffer } from "node:buffer";
import { quote } from "../core/quote.ts";
import { LocRefError } from "../error.ts";
import { instanceName } from "../pipeline/instance_name.ts";
import { wrongType } from "./check_instance_options.ts";
import type { InstanceData } from "./types.ts";

/** What may be said of an instance beside its reference and its box. */
export interface InstanceOptions {
  /** What the instance is, in words; text attends to it inside the box. @default {the scene's caption} */
  readonly caption?: string;
  /** Strength of the reference, sᵢ of Eq. (1), 0 or more. @default {1} */
  readonly scale?: number;
  /** Part of the run from which the reference acts, 0 to 1. @default {0} */
  readonly start?: number;
  /** Part of the run up to which the reference acts, 0 to 1. @default {1} */
  readonly end?: number;
  /** Path or URL of a picture that the instance shall not look like. */
  readonly negative?: string;
  /** Seed of the noise inside the box, a whole number of 0 or more. @default {the scene's noise} */
  readonly seed?: number;
  /** Order in depth: higher lies in front, equal ones as they were placed. @default {0} */
  readonly z?: number;
  /** Path or URL of a soft mask of the canvas that takes the place of the box. */
  readonly region?: string;
  /**
   * What of the reference is the object: its `alpha`, a matting `model`'s answer, `none` for the
   * whole picture, or the path of a mask. @default {"alpha"}
   */
  readonly cutout?: string;
}

/**
 * An instance with its defaults filled in.
 *
 * @throws {LocRefError} `scene-invalid` if a value is out of range, naming instance and value.
 */
export function completeInstance(
  given: Pick<InstanceData, "reference" | "box"> & InstanceOptions,
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
    Number.isFinite(scale) && scale >= 0,
    `scale must be 0 or more, got ${scale}`,
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
  need(cutout !== "", "cutout must be alpha, model, none or a path");
  const { reference, box } = given;
  const optional = withoutUndefined({
    caption: given.caption,
    negative: given.negative,
    seed: given.seed,
    region: given.region,
  });
  return { reference, box, ...optional, scale, start, end, z, cutout };
}

/** The same object without the keys that hold `undefined`, so that JSON gives it back exactly. */
export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as T;
}

/** A reference as a scene keeps it: bytes become a `data:` URL, `file:` URLs stay, paths too. */
export function referenceText(reference: string | URL | Uint8Array): string {
  if (typeof reference === "string") return reference;
  if (reference instanceof URL) return reference.href;
  const base64 = Buffer.from(reference).toString("base64");
  return `data:application/octet-stream;base64,${base64}`;
}

/**
 * Refuses what is no reference picture.
 *
 * @param index of the instance, from 0.
 * @throws {TypeError} naming the instance and the value.
 */
export function checkReference(
  reference: unknown,
  index: number,
): asserts reference is string | URL | Uint8Array {
  const fits = typeof reference === "string" || reference instanceof URL ||
    reference instanceof Uint8Array;
  if (fits) return;
  throw new TypeError(
    `Instance ${
      index + 1
    }: reference must be a path, a URL or the bytes of a picture, got ${
      quote(reference)
    }`,
  );
}
