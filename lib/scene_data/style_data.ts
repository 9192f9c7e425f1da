import { mustBe } from "../core/check_options.ts";
import { LocRefError } from "../core/error.ts";
import { belongs, seed } from "../core/kinds.ts";

/** A style that pictures of several scenes share: a picture made beside them, or a photograph. */
export interface StyleData {
  /** Caption of the style's picture. */
  readonly caption: string;
  /** Path or URL of a photograph in the style; absent: the picture is made of the caption. */
  readonly image?: string;
  /** Seed of the picture that is made. @default {0} */
  readonly seed?: number;
}

/**
 * Checks a style.
 *
 * @throws {LocRefError} `scene-invalid` if a value is out of range, or a photograph has a seed.
 */
export function completeStyle(given: StyleData): StyleData {
  const { image, seed: own } = given;
  if (own !== undefined && !belongs(own, seed)) {
    throw new LocRefError(
      "scene-invalid",
      `Style: seed ${mustBe(own, seed)}`,
    );
  }
  if (image !== undefined && own !== undefined) {
    throw new LocRefError(
      "scene-invalid",
      `Style: seed is ${own}, which belongs to a picture that is made, and image is a photograph`,
    );
  }
  return given;
}
