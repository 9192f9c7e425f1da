import { instanceName } from "../scene_data/instance_name.ts";
import type { InstanceData } from "../scene_data/scene_data.ts";
import { type Reference, referenceText } from "../scene_data/reference.ts";

/** The pictures of an instance, as a program gives them. */
export interface GivenPictures {
  readonly reference?: Reference;
  readonly negative?: Reference;
  readonly region?: Reference;
  readonly cutout?: Reference;
}

/** The pictures of an instance as a scene's data names them. */
export interface NamedPictures {
  /** Paths and URLs; only those that were given. */
  readonly names: { readonly [role in keyof GivenPictures]: string };
  /** Blobs, by the names that stand for them. */
  readonly blobs: ReadonlyMap<string, Blob>;
}

const phrases = {
  negative: "the path or URL of a picture, or its bytes",
  region: "the path or URL of a mask, or its bytes",
  cutout: '"alpha", "model", "none", or the path of a mask',
} as const;

/**
 * Names for the pictures of an instance.
 *
 * @param index of the instance, from 0.
 * @param old its reference where none is given.
 * @throws {TypeError} naming the instance and what is no picture.
 */
export function namePictures(
  given: GivenPictures,
  index: number,
  old?: string,
): NamedPictures {
  const blobs = new Map<string, Blob>();
  const nameOf = (text: string | Blob) => {
    if (typeof text === "string") return text;
    const name = `blob:${crypto.randomUUID()}`;
    blobs.set(name, text);
    return name;
  };
  const names: Partial<Record<keyof GivenPictures, string>> = {};
  if (given.reference !== undefined || old === undefined) {
    const what = `Instance ${index + 1}: reference`;
    names.reference = nameOf(referenceText(given.reference, what));
  }
  const reference = names.reference ?? old!;
  const name = instanceName({ reference }, index);
  for (const role of ["negative", "region", "cutout"] as const) {
    const value = given[role];
    if (value === undefined) continue;
    const what = `${name}: ${role}`;
    names[role] = nameOf(referenceText(value, what, phrases[role]));
  }
  return { names, blobs };
}

/** An instance's options but for its pictures. */
export function withoutPictures<O extends GivenPictures>(
  options: O,
): Omit<O, keyof GivenPictures> {
  const { reference: _, negative: _n, region: _r, cutout: _c, ...rest } =
    options;
  return rest;
}

/** The files that a program gave an instance, which are read wherever they lie. */
export function sourcesWith(
  names: Readonly<Record<string, string>>,
  { lora }: InstanceData,
  given = true,
): string[] {
  return [...Object.values(names), ...(given && lora ? [lora.path] : [])];
}
