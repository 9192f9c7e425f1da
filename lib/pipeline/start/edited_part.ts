import { LocRefError } from "../../core/error.ts";
import type { Size } from "../../core/geometry.ts";
import type { PixelArea } from "../../images/editing/masked_area.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import { controlName } from "../../scene_data/control_data.ts";
import { isInpainting } from "../../scene_data/init_data.ts";
import { instanceName } from "../../scene_data/instance_name.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { maskMissing } from "../load/refuse_maskless.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { paintedArea, sceneInside } from "./painted_part.ts";
import { type ReadStart, startName } from "./read_start.ts";

/** The part of a photograph that is painted, before its size is known. */
export interface EditedPart {
  readonly area: PixelArea;
  /** Whether it is less than the whole. */
  readonly cut: boolean;
  /** Size whose shape the painted picture takes. */
  shape(scene: Pick<SceneData, "size">): Size;
  /** The beginning of messages about that shape; `undefined` where it is the scene's. */
  named(scene: Pick<SceneData, "size">): string | undefined;
}

/** Which part of the photograph is painted; it depends on the model's own shape, and on no option. */
export function editedPart(
  start: ReadStart,
  { nativeSize }: Pick<LoadedModel, "nativeSize">,
): EditedPart {
  const area = paintedArea(start, nativeSize);
  const cut = start.mask !== undefined && start.init.padding !== undefined;
  const { width, height } = area;
  return {
    area,
    cut,
    shape: ({ size }) => cut ? { width, height } : size ?? { width, height },
    named: ({ size }) =>
      cut
        ? "Painted part"
        : size === undefined
        ? startName(start.init)
        : undefined,
  };
}

/** Where the part lies, if less than the whole photograph is painted. */
export function cutPart(
  { photo }: ReadStart,
  edit: EditedPart | undefined,
): { area: PixelArea; photo: Size } | undefined {
  return edit?.cut ? { area: edit.area, photo } : undefined;
}

/** A scene as the model sees it. */
export interface SeenScene {
  readonly seen: SceneData;
  readonly pictures: readonly InstancePictures[];
  /** Values by the index of a whole scene's instance, by the index here. */
  seenLoras<V>(values: ReadonlyMap<number, V>): ReadonlyMap<number, V>;
  /** Numbers that its controls have in the whole scene. */
  readonly controls: readonly number[];
  /** A sentence about each control whose instance lies outside. */
  readonly warnings: readonly string[];
}

/** The scene as the model sees it: inside the painted part, where that is not the whole. */
export function seenScene(
  scene: SceneData,
  pictures: readonly InstancePictures[],
  { begun, edit }: { begun?: ReadStart; edit?: EditedPart },
): SeenScene {
  if (begun === undefined || !edit?.cut) {
    const controls = [...(scene.controls ?? []).keys()];
    const seenLoras = <V>(all: ReadonlyMap<number, V>) => all;
    return { seen: scene, pictures, seenLoras, controls, warnings: [] };
  }
  const { scene: inside, kept, controls } = sceneInside(
    scene,
    edit.area,
    begun.photo,
  );
  for (const i of kept) {
    if (pictures[i]!.region === undefined) continue;
    throw new LocRefError(
      "scene-invalid",
      `${
        instanceName(scene.instances[i]!, i)
      }: a region cannot be used where only a part is painted: leave padding out`,
    );
  }
  return {
    ...{ seen: inside, controls },
    pictures: kept.map((i) => pictures[i]!),
    warnings: outsideWarnings(scene, kept),
    seenLoras: (values) =>
      new Map(
        kept.flatMap((i, at) =>
          values.has(i) ? [[at, values.get(i)!] as const] : []
        ),
      ),
  };
}

function outsideWarnings(
  { controls = [] }: SceneData,
  kept: readonly number[],
): string[] {
  return controls.flatMap((one, i) =>
    one.instance === undefined || kept.includes(one.instance) ? [] : [
      `${
        controlName(one, i)
      } acts in the region of instance ${one.instance} alone, which lies outside of the painted part`,
    ]
  );
}

/**
 * Makes sure that a model which reads a mask has one.
 *
 * @throws {LocRefError} `scene-invalid` if it has none.
 */
export function checkStart(scene: SceneData, model: LoadedModel): void {
  const { init } = scene;
  if (!model.parts.base.reads?.mask) return;
  if (init !== undefined && isInpainting(init)) return;
  throw maskMissing(model.name);
}
