import { checkArguments } from "../core/check_arguments.ts";
import { checkOptions, checkValue } from "../core/check_options.ts";
import type { Kind } from "../core/kinds.ts";
import {
  type ControlOptions,
  editKinds,
  type EditOptions,
  type InitOptions,
  type InpaintOptions,
  type StyleOptions,
} from "../scene_data/edit_options.ts";
import { completeInit, initKinds } from "../scene_data/init_data.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import type { Reference } from "../scene_data/reference.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import { type NamedEdits, namedEdits, Names } from "./named_edits.ts";

/** Options of {@linkcode SceneEdits.on}. */
export interface OnOptions {
  /**
   * How freely the references are fitted into the photograph, above 0 to 1: low values keep them as
   * they are pasted, 1 paints them anew.
   *
   * @default {0.8}
   */
  readonly harmonize?: number;
  /** Width of the blend around the boxes, in pixels of the photograph. @default {a 64th of the shorter side} */
  readonly feather?: number;
  /** Pixels around the boxes: only this part is painted, at the model's full resolution. @default {the whole photograph is} */
  readonly padding?: number;
}

/** The methods of a scene that begin on a picture or hold one as a guide. */
export abstract class SceneEdits<Self> {
  /**
   * The scene on a picture: the run begins at the picture with noise, so that its layout stays
   * (image to image).
   *
   * @throws {TypeError | RangeError} naming the option that is wrong.
   */
  init(
    image: Reference,
    options: Omit<InitOptions, "image"> = {},
  ): Self {
    checkArguments(arguments, "init(image, options)", 2);
    return this.editWith({ init: { ...options, image } });
  }

  /**
   * The scene in a part of a picture: what the mask marks, or the boxes of instances, is painted
   * anew. Every other pixel stays as it is, to the byte.
   *
   * @throws {TypeError | RangeError} naming the option that is wrong.
   */
  inpaint(
    image: Reference,
    options: Omit<InpaintOptions, "image"> = {},
  ): Self {
    checkArguments(arguments, "inpaint(image, options)", 2);
    return this.editWith({ inpaint: { ...options, image } });
  }

  /**
   * The scene with one more control: a ControlNet or a T2I-Adapter with its picture.
   *
   * @param model folder, single file or hub id.
   * @throws {TypeError | RangeError} naming the option that is wrong.
   */
  control(
    model: string,
    image: Reference,
    options: Omit<ControlOptions, "model" | "image"> = {},
  ): Self {
    checkArguments(arguments, "control(model, image, options)", 3);
    return this.editWith({ controls: [{ ...options, model, image }] });
  }

  /**
   * The scene on a photograph of one's own: references stand in it, and their boxes are painted so
   * that they fit. Every pixel outside of the boxes and their feather stays as it is.
   *
   * @throws {TypeError | RangeError} naming the option that is wrong.
   */
  on(photo: Reference, options: OnOptions = {}): Self {
    checkArguments(arguments, "on(photo, options)", 2);
    const { strength, feather, padding } = initKinds as Record<string, Kind>;
    checkOptions<OnOptions>(options, {
      of: "on",
      fields: {
        harmonize: strength!,
        feather: feather!,
        padding: padding!,
      },
      elsewhere: { strength: "harmonize", denoising_strength: "harmonize" },
    });
    const { harmonize = 0.8, ...rest } = withoutUndefined(options);
    const named = new Names();
    const init = completeInit({
      ...rest,
      image: named.of(photo, "Photograph"),
      strength: harmonize,
      instances: true,
    });
    return this.edited({ ...named.given(), changes: { init } });
  }

  /**
   * The scene in a style that others share: the adapter `style-aligned` lets it attend to a picture of
   * the caption that is made beside it, or to a photograph.
   *
   * @throws {TypeError | RangeError} naming the option that is wrong.
   */
  style(caption: string, options: Omit<StyleOptions, "caption"> = {}): Self {
    checkArguments(arguments, "style(caption, options)", 2);
    return this.editWith({ style: { ...options, caption } });
  }

  /** The scene with what options of a run say of it. */
  protected editWith(options: EditOptions, of?: string): Self {
    checkEdits(options, of);
    return this.edited(namedEdits(options, this.plain));
  }

  /** The scene with what options of a run say of it, and the other options. */
  protected withOptions<O extends EditOptions>(
    options: O,
    of: string,
  ): { scene: Self; rest: Omit<O, keyof EditOptions> } {
    const { init, inpaint, controls, style, ...rest } = options;
    const edits = withoutUndefined({ init, inpaint, controls, style });
    return { scene: this.editWith(edits, of), rest };
  }

  /** The scene with other pictures to begin on and controls. */
  protected abstract edited(edits: NamedEdits): Self;

  /** The scene's data, which nobody changes. */
  protected abstract get plain(): SceneData;
}

/** Checks edits: those of a run by its name, those of a method by the method's. */
function checkEdits(options: EditOptions, of: string | undefined): void {
  const { init, inpaint, controls, style } = options;
  if (of !== undefined) {
    return checkOptions<EditOptions>(options, { of, fields: editKinds });
  }
  if (init) checkValue(init, editKinds.init, { name: "init" });
  if (inpaint) checkValue(inpaint, editKinds.inpaint, { name: "inpaint" });
  if (controls) checkValue(controls, editKinds.controls, { name: "control" });
  if (style) checkValue(style, editKinds.style, { name: "style" });
}
