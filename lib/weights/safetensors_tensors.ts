/** The tensors that a safetensors header describes, each field checked. */

import { quote } from "../core/quote.ts";
import type { WeightInfo } from "../ops/executor.ts";
import {
  bitsPerElement,
  BYTES_PER_ELEMENT,
  type WeightDType,
} from "./safetensors/dtypes.ts";
import { cutShort, invalid } from "./weight_file_error.ts";

/** Whether a value of JSON is an object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads the entries of a header: checks their fields, and that together they cover the data.
 *
 * @throws {LocRefError} `file-invalid`, naming file and tensor.
 */
export function parseTensors(
  entries: Readonly<Record<string, unknown>>,
  place: { file: string; dataStart: number; fileSize: number },
): Map<string, WeightInfo> {
  const { file, dataStart, fileSize } = place;
  const tensors = new Map<string, WeightInfo>();
  for (const name of Object.keys(entries).sort()) {
    tensors.set(name, parseEntry(entries[name], { file, name, dataStart }));
  }
  checkCoverage(tensors, file, dataStart, fileSize);
  return tensors;
}

interface Place {
  readonly file: string;
  readonly name: string;
  readonly dataStart: number;
}

function wrong({ file, name }: Place, what: string): Error {
  return invalid(file, `${tensorNamed(name)} ${what}`);
}

function parseEntry(entry: unknown, place: Place): WeightInfo {
  const { file } = place;
  if (!isRecord(entry)) {
    throw wrong(place, "is not described by an object");
  }
  const bits = typeof entry.dtype === "string"
    ? bitsPerElement(entry.dtype)
    : undefined;
  if (bits === undefined) {
    throw wrong(
      place,
      `has dtype ${
        quote(entry.dtype)
      }, which the format does not have; what can be read is ${
        [...BYTES_PER_ELEMENT.keys()].join(", ")
      }`,
    );
  }
  const shape = parseShape(entry.shape, place);
  const [begin, end] = parseOffsets(entry.data_offsets, place);
  const length = byteLength(shape, bits, place);
  if (end - begin !== length) {
    throw wrong(
      place,
      `of shape ${
        quote(shape)
      } and dtype ${entry.dtype} takes ${length} bytes, but its data_offsets [${begin}, ${end}] span ${
        end - begin
      }`,
    );
  }
  const dtype = entry.dtype as WeightDType;
  return { dtype, shape, file, offset: place.dataStart + begin, length };
}

/** PyTorch has 64 at most. */
const MAX_DIMENSIONS = 64;

function parseShape(shape: unknown, place: Place): number[] {
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw wrong(
      place,
      `has shape ${
        quote(shape)
      }, which is not a list of whole numbers from 0 on`,
    );
  }
  if (shape.length > MAX_DIMENSIONS) {
    throw wrong(
      place,
      `has ${shape.length} dimensions, more than ${MAX_DIMENSIONS}`,
    );
  }
  return shape;
}

function parseOffsets(
  offsets: unknown,
  place: Place,
): [number, number] {
  if (
    !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)
  ) {
    throw wrong(
      place,
      `has data_offsets ${
        quote(offsets)
      }, which is not a pair of whole numbers from 0 on`,
    );
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) {
    throw wrong(
      place,
      `has data_offsets [${begin}, ${end}], which end before they begin`,
    );
  }
  return [begin, end];
}

/** Bytes of a tensor; types of less than a byte must fill whole ones. */
function byteLength(shape: number[], bits: number, place: Place): number {
  let count = shape.includes(0) ? 0 : 1;
  for (const dim of count === 0 ? [] : shape) {
    count *= dim;
    if (!Number.isSafeInteger(count * bits)) {
      throw wrong(place, `has shape ${quote(shape)}, too large to exist`);
    }
  }
  if (count * bits % 8 === 0) return count * bits / 8;
  throw wrong(
    place,
    `of shape ${
      quote(shape)
    } and ${bits} bits a value does not fill whole bytes`,
  );
}

/** As the reference implementation does, refuses overlaps, gaps and bytes that belong to nothing. */
function checkCoverage(
  tensors: ReadonlyMap<string, WeightInfo>,
  file: string,
  dataStart: number,
  fileSize: number,
) {
  const ordered = [...tensors].sort(([, a], [, b]) =>
    a.offset - b.offset || a.length - b.length
  );
  let end = dataStart;
  let before = "the header";
  for (const [name, info] of ordered) {
    if (info.offset !== end) {
      const problem = info.offset < end ? "overlaps" : "leaves a gap after";
      throw invalid(file, `${tensorNamed(name)} ${problem} ${before}`);
    }
    end += info.length;
    before = tensorNamed(name);
  }
  if (end > fileSize) {
    throw cutShort(file, `is cut short: it has ${fileSize} bytes of ${end}`);
  }
  if (end !== fileSize) {
    throw invalid(
      file,
      `has ${fileSize - end} bytes after ${before} that belong to no tensor`,
    );
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tensorNamed(name: string): string {
  return `tensor ${quote(name)}`;
}
