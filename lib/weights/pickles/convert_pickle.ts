import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import {
  type WritableBytes,
  writeSafetensors,
} from "../safetensors/write_safetensors.ts";
import type { SkippedValue } from "./flatten_tensors.ts";
import {
  openPickle,
  type OpenPickleOptions,
  type PickleFile,
} from "./open_pickle.ts";

/** Options of {@linkcode convertPickle}. */
export interface ConvertPickleOptions extends OpenPickleOptions {
  /** Whether a file of that name is replaced. @default {false} */
  replace?: boolean;
  /** Called with the bytes that were checked and written, and with how many there are in all. */
  onProgress?: (done: number, total: number) => void;
}

/** A converted checkpoint. */
export interface ConvertedPickle {
  /** Number of tensors. */
  readonly tensors: number;
  /** Bytes of their values. */
  readonly bytes: number;
  /** Numbers of tensors by type. */
  readonly dtypes: Readonly<Record<string, number>>;
  /** The key whose dictionary alone was taken, without its name before the tensors'. */
  readonly wrapper?: string;
  /** Tensors beside the wrapper's, such as those of an optimizer, which were left out. */
  readonly leftOut: readonly string[];
  /** Values that are no tensors. */
  readonly skipped: readonly SkippedValue[];
}

/** The dictionary that trainers put a model's tensors into, beside what they go on training with. */
const wrapper = "state_dict";

/**
 * Writes the tensors of a PyTorch checkpoint as safetensors, in their own types. Nothing of the
 * checkpoint is run. The file appears under `output` only when it is whole.
 *
 * @throws {LocRefError} `file-missing` or `file-invalid` for the checkpoint, `file-refused` if
 * `output` exists, `not-finite` if a value is NaN or infinity.
 */
export async function convertPickle(
  input: string,
  output: string,
  options: ConvertPickleOptions = {},
): Promise<ConvertedPickle> {
  await refuseReplacing(input, output, options.replace ?? false);
  const file = await openPickle(input, options);
  const chosen = chooseTensors(file);
  const bytes = [...chosen.names.values()].reduce(
    (sum, name) => sum + file.info(name)!.length,
    0,
  );
  const checked = file.places.reduce(
    (sum, { length, checksum }) => sum + (checksum === undefined ? 0 : length),
    0,
  );
  let done = 0;
  const count = (more: number) =>
    options.onProgress?.(done += more, checked + bytes);
  await file.verify(count);
  await writeSafetensors(output, writables(file, chosen.names, count), {
    metadata: { format: "pt" },
  });
  return {
    tensors: chosen.names.size,
    bytes,
    dtypes: countTypes(file, chosen.names.values()),
    wrapper: chosen.wrapper,
    leftOut: chosen.leftOut,
    skipped: file.skipped,
  };
}

/**
 * Makes sure that a file is not lost by writing another.
 *
 * @throws {LocRefError} `file-refused`.
 */
export async function refuseReplacing(
  input: string,
  output: string,
  replace: boolean,
): Promise<void> {
  const [from, to] = await Promise.all(
    [input, output].map((path) => stat(path).catch(() => undefined)),
  );
  const same = resolve(input) === resolve(output) ||
    (from !== undefined && to !== undefined && from.dev === to.dev &&
      from.ino === to.ino && from.ino !== 0);
  if (!same && (replace || to === undefined)) return;
  throw new LocRefError(
    "file-refused",
    same
      ? `File ${
        quotePath(output)
      } cannot be written: it is the checkpoint that is read`
      : `File ${
        quotePath(output)
      } exists: give another name, or --force (replace) to replace it`,
  );
}

interface ChosenTensors {
  /** Names in the checkpoint, by the names that are written. */
  readonly names: ReadonlyMap<string, string>;
  readonly wrapper?: string;
  readonly leftOut: readonly string[];
}

function chooseTensors(file: PickleFile): ChosenTensors {
  const prefix = `${wrapper}.`;
  const names = file.names();
  const inside = names.filter((name) => name.startsWith(prefix));
  if (inside.length === 0) {
    return { names: new Map(names.map((name) => [name, name])), leftOut: [] };
  }
  return {
    names: new Map(inside.map((name) => [name.slice(prefix.length), name])),
    wrapper,
    leftOut: names.filter((name) => !name.startsWith(prefix)),
  };
}

function writables(
  file: PickleFile,
  names: ReadonlyMap<string, string>,
  count: (bytes: number) => void,
): Map<string, WritableBytes> {
  return new Map(
    [...names].map(([name, own]) => {
      const { shape, dtype, length } = file.info(own)!;
      const bytes = async () => {
        const read = await file.readBytes(own);
        count(length);
        return read;
      };
      return [name, { shape, dtype, bytes }];
    }),
  );
}

function countTypes(
  file: PickleFile,
  names: Iterable<string>,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    const { dtype } = file.info(name)!;
    counts[dtype] = (counts[dtype] ?? 0) + 1;
  }
  return counts;
}
