import { counted } from "../../core/counted.ts";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import {
  type Control,
  openControl,
} from "../../adapters/controls/open_control.ts";
import { LocRefError } from "../../core/error.ts";
import { liesInside } from "../../core/files/lies_inside.ts";
import type { Size } from "../../core/geometry.ts";
import {
  cropMask,
  type PixelArea,
  resizeMask,
} from "../../images/editing/masked_area.ts";
import type { PaintMask } from "../../images/editing/paint_mask.ts";
import type { SourceAccess } from "../../images/read_source.ts";
import { instanceCoverage } from "../../masks/instance_coverage.ts";
import type { InstancePictures } from "../../images/instance_pictures.ts";
import {
  type ControlData,
  controlName,
} from "../../scene_data/control_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";
import { isSafetensorsName } from "../../weights/safetensors/safetensors_name.ts";
import type { LoadedModel } from "../load/loaded_model.ts";
import { checkControl } from "./check_control.ts";
import { type ControlPictureOptions, readControl } from "./read_control.ts";
import { hintOf } from "./hint.ts";
import { refuseOtherControl } from "./peek_control.ts";
import type { ControlUnit } from "./control_unit.ts";

/** A run, as far as its controls are opened for it. */
export interface OpenControlsOptions extends ControlPictureOptions {
  readonly model: LoadedModel;
  /** The pictures of the scene's instances. */
  readonly pictures: readonly InstancePictures[];
  /** Pixels of the whole picture that are painted anew. */
  readonly mask?: PaintMask;
}

/** Open controls of a model, by path; they stay open while the model is. */
const known = new WeakMap<LoadedModel, Map<string, Promise<Control>>>();

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
    units.push(await openUnit(scene, { data, index }, options));
  }
  return units;
}

async function openUnit(
  scene: SceneData,
  { data, index }: { data: ControlData; index: number },
  options: OpenControlsOptions,
): Promise<ControlUnit> {
  const name = controlName(data, index);
  const { model, pictures, size, mask, area } = options;
  checkInstance(scene, data, name);
  const open = known.get(model) ?? new Map<string, Promise<Control>>();
  known.set(model, open);
  const { textWidth } = model.parts.base;
  const path = await locate(data.model, { name, textWidth, ...options });
  if (!open.has(path)) open.set(path, openControl(path));
  let control: Control;
  try {
    control = await open.get(path)!;
  } catch (error) {
    open.delete(path);
    throw error;
  }
  const masked = data.masked ? maskFor(name, mask, { area, size }) : undefined;
  const { instance } = data;
  const unit: ControlUnit = {
    control,
    id: [...open.keys()].indexOf(path),
    name,
    hint: hintOf(control, await readControl(data, name, options), {
      name,
      masked,
    }),
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

function checkInstance(
  { instances }: SceneData,
  { instance }: ControlData,
  name: string,
): void {
  if (instance === undefined || instance < instances.length) return;
  throw new LocRefError(
    "scene-invalid",
    `${name}: there is no instance ${instance}: the scene has ${
      counted(instances.length, "instance")
    }, counted from 0`,
  );
}

function maskFor(
  name: string,
  mask: PaintMask | undefined,
  { area, size }: { area?: PixelArea; size: Size },
): PaintMask {
  if (mask !== undefined) {
    return resizeMask(area ? cropMask(mask, area) : mask, size);
  }
  throw new LocRefError(
    "scene-invalid",
    `${name}: masked is true, but the scene paints no part of a picture anew: give a mask`,
  );
}

/** Where a network lies; a scene from a file reads no networks beyond its folders. */
async function locate(
  model: string,
  { name, access, textWidth }: {
    readonly name: string;
    readonly access?: SourceAccess;
    readonly textWidth: number;
  },
): Promise<string> {
  const roots = access?.roots;
  if (roots !== undefined && !access?.trusted?.has(model)) {
    const inside = existsSync(model) &&
      roots.some((root) => liesInside(resolve(model), root));
    if (inside) return model;
    refuseOutside(model, name);
  }
  if (existsSync(model)) return model;
  const isHub = hubId.test(model);
  if (!isHub) {
    throw new LocRefError(
      "file-missing",
      `${name} does not exist: it must be a folder, a file, or a hub id like "org/repo"`,
    );
  }
  await refuseOtherControl(model, { name, textWidth });
  const { resolveModelFile, resolveModelFolder } = await import(
    "../../weights/resolve_model.ts"
  );
  return isSafetensorsName(model)
    ? await resolveModelFile(model)
    : await resolveModelFolder(model);
}

/** A network's id on the hub, or a file's, with a revision where it has one. */
const hubId = /^\w[\w.-]*\/[\w./-]+(@[\w./-]+)?$/;

/** Refuses a network that a scene from a file may not read, and says what allows it. */
function refuseOutside(model: string, name: string): never {
  const root = "{ root } (--root on the command line)";
  if (existsSync(model)) {
    throw new LocRefError(
      "file-refused",
      `${name} lies outside of the folders that the scene may read: name its folder with ${root}`,
    );
  }
  throw hubId.test(model)
    ? new LocRefError(
      "file-refused",
      `${name} is not in the folders that the scene may read, and one from the hub is fetched only with { root: false } (--allow-outside)`,
    )
    : new LocRefError(
      "file-missing",
      `${name} is neither beside the picture nor where it was: put it there, or name the folder that it lies in with ${root}`,
    );
}
