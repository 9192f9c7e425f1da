/** Data that the builder reads, whichever data set it comes from. */

import { LocRefError } from "../../../lib/core/error.ts";
import type { Segmentation } from "./rle.ts";

/** One annotated instance in a picture. */
export interface SourceInstance {
  /** The annotation's id; digits of any length survive. */
  readonly id: string;
  /** Name of the class. */
  readonly category: string;
  /** Left, top, right, bottom, in the source's `unit`. */
  readonly box: readonly [number, number, number, number];
  /** The box exactly as the annotations give it: COCO `[x, y, w, h]`, OpenImages `[XMin, XMax, YMin, YMax]`. */
  readonly given: readonly number[];
  /** Area in pixels as the annotations give it. */
  readonly area?: number;
  /** The mask (COCO). */
  readonly segmentation?: Segmentation;
  /** Name of a mask picture (OpenImages). */
  readonly maskFile?: string;
  /** Said by the annotations to go on outside the picture. */
  readonly truncated?: boolean;
  /** A group, or a drawing of the thing, or a crowd: never a reference. */
  readonly unfit?: "crowd" | "group" | "depiction";
}

/** One picture with its annotations. */
export interface SourcePicture {
  /** Digits of any length survive. */
  readonly id: string;
  /** Name of the sample: letters, digits, `-` and `_`. */
  readonly key: string;
  /** Name in the folder or archive of pictures. */
  readonly file: string;
  /** Size that the annotations were made in, where it is known. */
  readonly width?: number;
  /** In pixels, where it is known. */
  readonly height?: number;
  /** Unit of the boxes. */
  readonly unit: "pixel" | "fraction";
  /** As stated by the annotations. */
  readonly licence: string;
  /** Where the picture comes from. */
  readonly url: string;
  /** Degrees counterclockwise that picture and boxes are to be turned by. */
  readonly rotation?: number;
  /** Sentences of the annotations' own. */
  readonly captions: readonly string[];
  /** In the order of their ids. */
  readonly instances: readonly SourceInstance[];
  /** Annotations of this picture that could not be used. */
  readonly problems: readonly Problem[];
}

/** Something in the input that could not be used. */
export interface Problem {
  /** File, picture or annotation. */
  readonly where: string;
  /** One sentence. */
  readonly what: string;
}

/** Annotations that are open for reading. */
export interface PictureSource {
  /** Name of the form that the annotations have, such as `coco`. */
  readonly dataset: string;
  /** Names of all classes, in the order of the annotations' own list. */
  readonly categories: readonly string[];
  /** Ids of all pictures, in the order of the samples. */
  readonly ids: readonly string[];
  /** Faults of the annotation files themselves. */
  readonly problems: readonly Problem[];
  /** SHA-256 of the annotation files. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Folder or archive of the pictures that `maskFile` names. */
  readonly maskImages?: string;
  /** The picture of `ids[index]`. */
  read(index: number): Promise<SourcePicture>;
  /** Closes the annotations. */
  close(): void;
}

/** The sample's name for a picture's id. */
export function keyOf(id: string): string {
  const plain = /^\d+$/.test(id) ? id.padStart(12, "0") : id;
  return plain.replace(/[^A-Za-z0-9_-]/g, "_");
}

/** Ids in the order of the samples: numbers by size, others by name. */
export function compareIds(a: string, b: string): number {
  const numbers = /^\d+$/.test(a) && /^\d+$/.test(b);
  if (numbers && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @throws {LocRefError} `file-invalid` with the first of `problems`, if there are any. */
export function failOn(problems: readonly Problem[]): void {
  const [first] = problems;
  if (!first) return;
  throw new LocRefError("file-invalid", `${first.where}: ${first.what}`);
}
