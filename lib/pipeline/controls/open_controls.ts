import { inNameOf, LocRefError } from "../../core/error.ts";
import { cropMask, resizeMask } from "../../images/editing/masked_area.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import { instanceCoverage } from "../../masks/instance_coverage.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import {
  type ControlData,
  controlName,
} from "../../scene_data/control_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { checkControl } from "./check_control.ts";
import { checkControlData } from "./check_control_data.ts";
import { type ControlPictureOptions, readControl } from "./read_control.ts";
import { hintOf } from "./hint.ts";
import { KnownControls } from "./known_controls.ts";
import { locateControl } from "./locate_control.ts";
import type { ControlUnit } from "./control_unit.ts";

/** A run, as far as its controls are opened for it. */
export interface OpenControlsOptions extends ControlPictureOptions {
  readonly model: LoadedModel;
  /** The pictures of the scene's instances. */
  readonly pictures: readonly InstancePictures[];
  /** Numbers of the controls in the whole scene, where these are not all. @default {from 0} */
  readonly numbers?: readonly number[];
  /** Pixels of the whole picture that are painted anew. */
  readonly mask?: PaintMask;
}

const known = new WeakMap<LoadedModel, KnownControls>();

/** The open controls of a model. */
function controlsOf(model: LoadedModel): KnownControls {
  const own = known.get(model) ?? new KnownControls();
  known.set(model, own);
  return own;
}

/**
 * Opens the controls of a scene and reads their pictures.
 *
 * @throws {LocRefError} if one is missing, broken, for another base, or its picture does not fit.
 */
export async function openControls(
  scene: SceneData,
  options: OpenControlsOptions,
): Promise<ControlUnit[]> {
  const units: ControlUnit[] = [];
  for (const [index, data] of (scene.controls ?? []).entries()) {
    const number = options.numbers?.[index] ?? index;
    const name = controlName(data, number);
    const open = () => openUnit(scene, { data, number, name }, options);
    units.push(await inNameOf(name, open));
  }
  return units;
}

async function openUnit(
  scene: SceneData,
  { data, number, name }: { data: ControlData; number: number; name: string },
  options: OpenControlsOptions,
): Promise<ControlUnit> {
  const { model, pictures, size, mask, part } = options;
  checkControlData(data, name, { scene, masked: mask !== undefined });
  const { textWidth } = model.parts.base;
  const path = await locateControl(data.model, { name, textWidth, ...options });
  const { control, id } = await controlsOf(model).open(path);
  const masked = data.masked && mask !== undefined
    ? maskAt(mask, { part, size })
    : undefined;
  const { instance } = data;
  const { raster, warnings } = await readControl(data, name, options);
  const unit: ControlUnit = {
    ...{ control, id, name, number, warnings },
    hint: hintOf(control, raster, { name, masked }),
    scale: data.scale,
    start: data.start,
    end: data.end,
    guess: data.guess ?? false,
    edges: data.edges,
    ...(instance !== undefined && {
      region: (height: number, width: number) =>
        instanceCoverage(scene, pictures, instance, { height, width }),
    }),
  };
  checkControl(unit, model.parts.base);
  checkKind(unit, data);
  return unit;
}

/** Settings that T2I-Adapters lack would be left out in silence. */
function checkKind(
  { control, name }: ControlUnit,
  data: ControlData,
): void {
  if (control.kind === "controlnet") return;
  for (const key of ["guess", "masked"] as const) {
    if (!data[key]) continue;
    throw new LocRefError(
      "scene-invalid",
      `${name}: ${key} is for ControlNets, and this is a T2I-Adapter: leave it out`,
    );
  }
}

/** The painted cells of a picture of this size. */
function maskAt(
  mask: PaintMask,
  { part, size }: Pick<OpenControlsOptions, "part" | "size">,
): PaintMask {
  return resizeMask(part ? cropMask(mask, part.area) : mask, size);
}
