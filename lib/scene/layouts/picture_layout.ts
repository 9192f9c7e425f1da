import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import { isPlain } from "../../core/known_keys.ts";
import { quote, shorten } from "../../core/quote.ts";
import { pixelBox } from "../../images/composite.ts";
import type { Raster } from "../../images/raster.ts";
import { cropRaster } from "../../images/resize.ts";
import {
  keepOrigin,
  originOf,
} from "../../pipeline/provenance/scene_origin.ts";
import { resolveBox } from "../../scene_data/box.ts";
import type { Reference } from "../../scene_data/reference.ts";
import { scene } from "../begin_scene.ts";
import type { Scene } from "../scene.ts";
import type { LayoutData, LayoutObject } from "./layout_object.ts";

/** A reference for each name of a layout's objects, or a function that returns them. */
export type LayoutReferences =
  | Readonly<Record<string, Reference>>
  | ((object: LayoutObject, index: number) => Reference | undefined);

/** The objects of a picture and their places, as a scene to start from. */
export class PictureLayout {
  /** Size of the picture in pixels, where it is known. */
  readonly size?: Size;
  /** Its objects: name, box, and in pictures the detector's score. */
  readonly objects: readonly LayoutObject[];
  /** Objects of the file that were left out, one sentence each; its scenes and their pictures warn too. */
  readonly warnings: readonly string[];
  readonly #photo?: Raster;

  /** @ignore */
  constructor({ size, objects, warnings = [] }: LayoutData, photo?: Raster) {
    this.warnings = warnings;
    this.size = size;
    this.objects = objects;
    this.#photo = photo;
  }

  /**
   * A scene with an instance for each object, whose name is its caption.
   *
   * @param references a picture for each name; without it, what the photograph shows there.
   * @throws {LocRefError} `scene-invalid` if an object has no reference.
   */
  scene(references?: LayoutReferences): Scene {
    const size = this.size && wholeSize(this.size);
    const empty = size === undefined ? scene() : scene(size.width, size.height);
    if (this.warnings.length > 0) {
      keepOrigin(empty, { ...originOf(empty), notes: this.warnings });
    }
    return this.objects.reduce((made, object, i) => {
      const reference = this.#reference(object, i, references);
      return made.place(reference.picture, object.box, {
        caption: object.name,
        ...(reference.cut && { cutout: "none" }),
      });
    }, empty);
  }

  #reference(
    object: LayoutObject,
    index: number,
    references: LayoutReferences | undefined,
  ): { picture: Reference; cut?: boolean } {
    const given = typeof references === "function"
      ? references(object, index)
      : references !== undefined && isPlain(references) &&
          Object.hasOwn(references, object.name)
      ? references[object.name]
      : undefined;
    if (given !== undefined) return { picture: given };
    if (this.#photo !== undefined) {
      return { picture: this.#cut(object, index), cut: true };
    }
    const names = [...new Set(this.objects.map(({ name }) => name))];
    throw new LocRefError(
      "scene-invalid",
      `Object ${index + 1} of the layout, ${
        quote(object.name)
      }, has no reference: give one for each of ${
        shorten(names.map((name) => quote(name)).join(", "), 200)
      }`,
    );
  }

  #cut({ box }: LayoutObject, index: number): Raster {
    const photo = this.#photo!;
    const place = resolveBox(box, photo, `Object ${index + 1}`);
    return cropRaster(photo, pixelBox(place, photo));
  }
}

/** Longest side of a scene whose layout has no whole pixels. */
const usualSide = 4096;

/** A size in whole pixels; drawings have sides such as 210.5, of which only the shape matters. */
function wholeSize(size: Size): Size {
  const sides = [size.width, size.height];
  const fits = sides.every((side) => Number.isInteger(side) && side <= 16384);
  if (fits) return size;
  const scale = usualSide / Math.max(...sides);
  const [width, height] = sides.map((side) =>
    Math.max(1, Math.round(side * scale))
  );
  return { width: width!, height: height! };
}
