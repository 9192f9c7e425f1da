import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
import {
  completeControl,
  type ControlData,
  controlName,
} from "../scene_data/control_data.ts";
import type {
  ControlOptions,
  EditOptions,
  InpaintOptions,
} from "../scene_data/edit_options.ts";
import { completeInit } from "../scene_data/init_data.ts";
import { withoutUndefined } from "../core/without_undefined.ts";
import { type Reference, referenceText } from "../scene_data/reference.ts";
import { completeStyle } from "../scene_data/style_data.ts";
import type { SceneData } from "../scene_data/scene_data.ts";

/** Changes of a scene's data, and the pictures that they bring along. */
export interface NamedEdits {
  /** The changed parts of the data. */
  readonly changes: Pick<SceneData, "init" | "controls" | "style">;
  /** Paths and URLs that the program gave. */
  readonly sources: readonly string[];
  /** Pictures that are held in memory, by their names in the data. */
  readonly blobs: ReadonlyMap<string, Blob>;
}

/** Names for pictures as a scene's data keeps them. */
export class Names {
  readonly #sources: string[] = [];
  readonly #blobs = new Map<string, Blob>();

  /** The name of a picture; bytes get one of their own. */
  of(picture: Reference, name: string): string {
    const text = referenceText(picture, name);
    const source = typeof text === "string"
      ? text
      : `blob:${crypto.randomUUID()}`;
    if (typeof text !== "string") this.#blobs.set(source, text);
    this.#sources.push(source);
    return source;
  }

  /** Trusts a network that the program names. */
  network(model: string): string {
    this.#sources.push(model);
    return model;
  }

  /** Everything that was named. */
  given(): Pick<NamedEdits, "sources" | "blobs"> {
    return { sources: this.#sources, blobs: this.#blobs };
  }
}

/**
 * Edits as changes of a scene's data.
 *
 * @throws {TypeError | LocRefError} if edits contradict each other, or name an instance that does not exist.
 */
export function namedEdits(
  { init, inpaint, controls, style }: EditOptions,
  scene: SceneData,
): NamedEdits {
  if (init !== undefined && inpaint !== undefined) {
    throw new TypeError(
      "Options init and inpaint both begin on a picture: inpaint takes a strength, too",
    );
  }
  if (inpaint !== undefined) checkPainted(inpaint);
  const named = new Names();
  const begin = init ?? inpaint;
  return {
    changes: {
      ...(begin && { init: namedInit(begin, scene, named) }),
      ...(style && {
        style: completeStyle(withoutUndefined({
          ...style,
          image: style.image && named.of(style.image, "Style"),
        })),
      }),
      ...(controls && {
        controls: [
          ...scene.controls ?? [],
          ...controls.map((one, i) =>
            namedControl(one, (scene.controls?.length ?? 0) + i, named)
          ),
        ],
      }),
    },
    ...named.given(),
  };
}

function namedControl(
  given: ControlOptions,
  index: number,
  named: Names,
): ControlData {
  const { model, image } = given;
  return completeControl(
    withoutUndefined({
      ...given,
      model: named.network(model),
      image: named.of(image, `${controlName(given, index)}: picture`),
    }),
    index,
  );
}

/** Without a mask or box the whole picture would change, where the rest is to be kept. */
function checkPainted({ mask, instance }: InpaintOptions): void {
  const boxes = instance === undefined ? [] : [instance].flat();
  if (mask !== undefined || boxes.length > 0) return;
  throw new TypeError(
    "Options of inpaint name nothing that is painted anew: give mask or instance, or begin on the whole picture with init",
  );
}

function namedInit(
  { image, mask, instance, ...rest }: InpaintOptions,
  { instances }: SceneData,
  named: Names,
): NonNullable<SceneData["init"]> {
  const chosen = instance === undefined ? [] : [instance].flat();
  const boxes = chosen.map((i) => {
    const found = instances[i];
    if (found !== undefined) return found.box;
    throw new LocRefError(
      "scene-invalid",
      `There is no instance ${i}: the scene has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  });
  return completeInit({
    image: named.of(image, "Picture to begin on"),
    ...(mask !== undefined && { mask: named.of(mask, "Mask") }),
    ...(boxes.length > 0 && { boxes }),
    ...withoutUndefined(rest),
  });
}
