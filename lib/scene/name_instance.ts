import type { Size } from "../core/geometry.ts";
import { type Box, checkBox, resolveBox } from "../scene_data/box.ts";
import {
  completeInstance,
  type InstanceOptions,
} from "../scene_data/instance.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import type { Reference } from "../scene_data/reference.ts";
import type { InstanceData } from "../scene_data/scene_data.ts";
import {
  type NamedPictures,
  namePictures,
  sourcesWith,
  withNames,
} from "./given_sources.ts";

/** Changes of {@linkcode Scene.change} to an instance. */
export interface InstanceChanges extends InstanceOptions {
  /** Another reference picture, or several of the instance. */
  readonly reference?: Reference | readonly Reference[];
  /** Another place. */
  readonly box?: Box;
}

/** Where an instance stands in its scene. */
export interface InstancePlace {
  /** Its index, from 0. */
  readonly index: number;
  /** The scene's size, which boxes in pixels need. */
  readonly size?: Size;
  /** The instance that is changed; absent where one is added. */
  readonly old?: InstanceData;
}

/**
 * An instance as a scene's data holds it, with the pictures that the program gave.
 *
 * @throws {TypeError | LocRefError} naming the instance and what is wrong.
 */
export function nameInstance(
  { box, ...options }: InstanceChanges,
  { index, size, old }: InstancePlace,
): Pick<NamedPictures, "blobs"> & {
  instance: InstanceData;
  sources: string[];
} {
  const { names, blobs } = namePictures(options, index, old?.reference);
  const reference = names.reference ?? old!.reference;
  const name = instanceName({ reference }, index);
  if (box !== undefined || old === undefined) checkBox(box, name);
  const instance = completeInstance({
    ...old,
    ...withNames(options, names, old),
    reference,
    box: box === undefined ? old!.box : resolveBox(box, size, name),
  }, index);
  const sources = sourcesWith(names, instance, options.lora !== undefined);
  return { instance, sources, blobs };
}
