import * as v from "valibot";
import { LocRefError } from "../../../lib/core/error.ts";
import { readTarEntry, type TarEntry } from "./tar_index.ts";

const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A sample's `KEY.json` as far as every reader needs it; shards of others may hold no more. */
const recordSchema = v.looseObject({
  caption: v.optional(v.nullable(v.string()), null),
  instances: v.array(v.looseObject({
    box_xyxy_fraction: v.tuple([fraction, fraction, fraction, fraction]),
    /** Name or number of the reference picture, `KEY.refN.webp`. */
    ref: v.union([v.string(), v.number()]),
  })),
});

/** A caption, `null` where there is none, and the instances with their boxes. */
export interface SampleRecord {
  /** Caption of the picture, `null` where it has none. */
  readonly caption: string | null;
  /** Boxes with their references. */
  readonly instances: readonly {
    readonly box_xyxy_fraction: readonly [number, number, number, number];
    readonly ref: string | number;
  }[];
}

/** A sample with the bytes of its pictures. */
export interface OpenedSample<R extends SampleRecord = SampleRecord> {
  /** Name that its files share. */
  readonly key: string;
  /** `KEY.json`. */
  readonly sample: R;
  /** The training picture's file. */
  readonly jpg: Uint8Array;
  /** The references' files, in the order of the instances. */
  readonly refs: readonly Uint8Array[];
}

/**
 * Reads the sample `key`, whose files `find` finds by name.
 *
 * @throws {LocRefError} `file-invalid` if a file is missing, or `KEY.json` is no sample.
 */
export async function readSample(
  key: string,
  find: (name: string) => TarEntry | undefined,
): Promise<OpenedSample> {
  const bytesOf = async (...extensions: string[]) => {
    for (const extension of extensions) {
      const entry = find(`${key}.${extension}`);
      if (entry !== undefined) return await readTarEntry(entry);
    }
    throw new LocRefError(
      "file-invalid",
      `Sample ${key} has no ${key}.${extensions[0]}`,
    );
  };
  const text = new TextDecoder().decode(await bytesOf("json"));
  const parsed = v.safeParse(recordSchema, JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new LocRefError(
      "file-invalid",
      `${key}.json: ${v.getDotPath(issue)}: ${issue.message}`,
    );
  }
  const { output: sample } = parsed;
  return {
    ...{ key, sample, jpg: await bytesOf("jpg", "png", "webp") },
    refs: await Promise.all(
      sample.instances.map(({ ref }) => bytesOf(referenceExtension(ref))),
    ),
  };
}

/** `3`, `"ref3"`, `"ref3.webp"` and `"KEY.ref3.webp"` all mean `ref3.webp`. */
function referenceExtension(ref: string | number): string {
  if (typeof ref === "number") return `ref${ref}.webp`;
  const match = /ref\d+/.exec(ref.slice(ref.lastIndexOf("/") + 1));
  return match ? `${match[0]}.webp` : ref;
}
