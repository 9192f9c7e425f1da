import { instanceName } from "../scene_data/instance_name.ts";
import type { InstanceData } from "../scene_data/scene_data.ts";
import { type Reference, referenceText } from "../scene_data/reference.ts";

/** The pictures of an instance, as a program gives them. */
export interface GivenPictures {
  /** One picture, or several of the same instance. */
  readonly reference?: Reference | readonly Reference[];
  readonly negative?: Reference;
  readonly region?: Reference;
  readonly cutout?: Reference;
}

/** The pictures of an instance as a scene's data names them. */
export interface NamedPictures {
  /** Paths and URLs; only those that were given. */
  readonly names:
    & { readonly [role in keyof GivenPictures]: string }
    /** Further pictures, where a list was given. */
    & { readonly others?: readonly string[] };
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
  const names: Partial<Record<keyof GivenPictures, string>> & {
    others?: string[];
  } = {};
  if (given.reference !== undefined || old === undefined) {
    const what = `Instance ${index + 1}: reference`;
    const [first, ...others] = isList(given.reference)
      ? given.reference
      : [given.reference];
    if (isList(given.reference) && given.reference.length === 0) {
      throw new TypeError(`${what} must hold a picture, got an empty list`);
    }
    names.reference = nameOf(referenceText(first, what));
    if (isList(given.reference)) {
      names.others = others.map((one, i) =>
        nameOf(referenceText(one, `Instance ${index + 1}: picture ${i + 2}`))
      );
    }
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

function isList(
  given: GivenPictures["reference"],
): given is readonly Reference[] {
  return Array.isArray(given);
}

/**
 * An instance's options with its pictures by name. Further pictures of `old` go where another
 * reference is given; a list combines as they did.
 */
export function withNames<O extends GivenPictures>(
  options: O,
  names: NamedPictures["names"],
  old?: InstanceData,
): Omit<O, keyof GivenPictures> & NamedPictures["names"] {
  const { reference: _, negative: _n, region: _r, cutout: _c, ...rest } =
    options;
  const { reference, others } = names;
  const replaced = old !== undefined && reference !== undefined && {
    others: undefined,
    combine: others && old.combine,
  };
  return { ...replaced, ...rest, ...names };
}

/** The files that a program gave an instance, which are read wherever they lie. */
export function sourcesWith(
  names: NamedPictures["names"],
  { lora }: InstanceData,
  given: boolean,
): string[] {
  return [
    ...Object.values(names).flat(),
    ...(given && lora ? [lora.path] : []),
  ];
}
