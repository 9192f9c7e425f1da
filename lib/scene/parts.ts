import { counted } from "../core/counted.ts";
import { checkArguments } from "../core/check_arguments.ts";
import { checkValue } from "../core/check_options.ts";
import { anyText, type Kind, oneOf } from "../core/kinds.ts";
import { checkObject } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import type { Box } from "../scene_data/box.ts";
import { checkInstanceKeys } from "../scene_data/check_instance_options.ts";
import type { InstanceOptions } from "../scene_data/instance.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import { parseScene } from "../scene_data/parse_scene.ts";
import type { Reference } from "../scene_data/reference.ts";
import {
  type InstanceData,
  type Overlap,
  overlapPolicies,
  type SceneData,
} from "../scene_data/scene_data.ts";
import { withoutInstances } from "../scene_data/without_instances.ts";
import { SceneEdits } from "./edits.ts";
import { type InstanceChanges, nameInstance } from "./name_instance.ts";
import type { Blobs } from "./resolve_sources.ts";

/** Checked by type only: the schema checks the name. */
const policies: Kind = { ...oneOf(overlapPolicies), allows: undefined };

/** Pictures that come with a change: the program's own paths, and those held in memory. */
export interface GivenPictures {
  /** Paths and URLs, read wherever they lie. @default {none} */
  readonly sources?: readonly string[];
  /** By their names in the data. @default {none} */
  readonly blobs?: Blobs;
}

/** The methods of a scene that say what it holds: captions, and instances in their order. */
export abstract class SceneParts<Self> extends SceneEdits<Self> {
  /** The coordinate space in pixels; absent where the scene takes the model's own size. */
  get size(): SceneData["size"] {
    return this.plain.size;
  }

  /** The instances as they were placed, later ones in front of earlier ones. */
  get instances(): readonly InstanceData[] {
    return this.plain.instances;
  }

  /** The scene with this caption for the whole picture. */
  caption(text: string): Self {
    checkArguments(arguments, "caption(text)", 1);
    checkValue(text, anyText, { name: "Caption of the scene" });
    return this.changed({ caption: text });
  }

  /** The scene with this negative caption: what the picture shall not show. */
  negative(text: string): Self {
    checkArguments(arguments, "negative(text)", 1);
    checkValue(text, anyText, { name: "Negative caption of the scene" });
    return this.changed({ negative: text });
  }

  /**
   * The scene with this policy for overlapping instances.
   *
   * Without it the adapter's own policy holds, which is `average` unless its file says otherwise.
   */
  overlap(policy: Overlap): Self {
    checkArguments(arguments, "overlap(policy)", 1);
    checkValue(policy, policies, { name: "Overlap of the scene" });
    const { overlap } = parseScene({ ...this.plain, overlap: policy });
    return this.changed({ overlap });
  }

  /**
   * The scene with one more instance.
   *
   * @param reference path, `file:` or `data:` URL, or the bytes of a picture of what shall appear; or up
   * to 6 of it, of which the composite image shows the first.
   * @param box where it shall appear, made with {@linkcode box} or {@linkcode layout}.
   * @throws {LocRefError} `scene-invalid` if the box leaves the canvas or is empty, or an option is
   * out of range.
   */
  place(
    reference: Reference | readonly Reference[],
    box: Box,
    options: InstanceOptions = {},
  ): Self {
    checkArguments(arguments, "place(reference, box, options)", 3);
    const index = this.plain.instances.length;
    checkInstanceKeys(options, "place");
    const { size } = this.plain;
    const { instance, ...given } = nameInstance(
      { ...options, reference, box },
      { index, size },
    );
    return this.changed(
      { instances: [...this.plain.instances, instance] },
      given,
    );
  }

  /**
   * The scene with instance `index` (from 0) changed.
   *
   * @throws {RangeError} if there is no such instance.
   * @throws {LocRefError} `scene-invalid`, as {@linkcode SceneParts.place}.
   */
  change(index: number, changes: InstanceChanges): Self {
    checkArguments(arguments, "change(index, changes)", 2);
    const old = this.#instanceAt(index);
    checkObject(changes, "change");
    checkInstanceKeys(changes, "change");
    const { size } = this.plain;
    const { instance, ...given } = nameInstance(
      withoutUndefined(changes),
      { index, size, old },
    );
    return this.changed(
      { instances: this.plain.instances.with(index, instance) },
      given,
    );
  }

  /**
   * The scene without instance `index` (from 0).
   *
   * @throws {RangeError} if there is no such instance.
   */
  remove(index: number): Self {
    checkArguments(arguments, "remove(index)", 1);
    this.#instanceAt(index);
    const rest = withoutInstances(this.plain, [index]);
    return this.replaced(rest);
  }

  #instanceAt(index: number): InstanceData {
    const { instances } = this.plain;
    const found = Number.isInteger(index) ? instances[index] : undefined;
    if (found !== undefined) return found;
    throw new RangeError(
      `There is no instance ${quote(index)}: the scene has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  }

  /** The scene with changes of its data. */
  protected abstract changed(
    changes: Partial<SceneData>,
    given?: GivenPictures,
  ): Self;

  /** The scene with other data in the place of its own. */
  protected abstract replaced(data: SceneData): Self;
}
