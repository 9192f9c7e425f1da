import { LocRefError } from "../error.ts";
import type { WeightInfo } from "../ops/executor.ts";
import { BYTES_PER_ELEMENT, type WeightDType } from "./dtypes.ts";
import { findUnsoundKey } from "./json_keys.ts";

/** What stands before the data of a safetensors file. */
export interface SafetensorsHeader {
  /** Free text of the file's author, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor by name, in the order of the names. */
  readonly tensors: ReadonlyMap<string, WeightInfo>;
}

/** Longest header that is read, in bytes; the largest public ones take about a tenth of it. */
export const MAX_HEADER_BYTES = 25_000_000;

/**
 * Length of the JSON header, from the first eight bytes of a file.
 *
 * @throws {LocRefError} `file-invalid` if the length cannot be that of a file of `fileSize` bytes.
 */
export function headerLength(
  start: Uint8Array,
  fileSize: number,
  file: string,
): number {
  if (fileSize < 8 || start.length < 8) {
    throw invalid(file, `is no safetensors file: it has ${fileSize} bytes`);
  }
  const view = new DataView(start.buffer, start.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length < 2n || length > BigInt(fileSize - 8)) {
    throw invalid(
      file,
      `is no safetensors file, or is cut short: its header length is ${length} in a file of ${fileSize} bytes`,
    );
  }
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw invalid(
      file,
      `has a header of ${length} bytes, more than the ${MAX_HEADER_BYTES} that are read`,
    );
  }
  return Number(length);
}

/**
 * Reads the JSON header of a safetensors file, checking each field against the file's size.
 *
 * @throws {LocRefError} `file-invalid`, naming the file and the tensor, if a field is missing, of
 * the wrong type, out of range, given twice, or if the tensors overlap or leave gaps.
 */
export function parseHeader(
  header: Uint8Array,
  fileSize: number,
  file: string,
): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...entries } = parseJson(header, file);
  const dataStart = 8 + header.length;
  const tensors = new Map<string, WeightInfo>();
  for (const name of Object.keys(entries).sort()) {
    const where = { file, name, dataStart, dataSize: fileSize - dataStart };
    tensors.set(name, parseEntry(entries[name], where));
  }
  checkCoverage(tensors, file, dataStart, fileSize);
  return { metadata: parseMetadata(metadata, file), tensors };
}

function parseJson(header: Uint8Array, file: string): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(header);
  } catch {
    throw invalid(file, "has a header that is not UTF-8");
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Deep nesting raises a RangeError; both mean the same to the reader of the message.
    throw invalid(
      file,
      `has a header that is not JSON (${(error as Error).message})`,
    );
  }
  if (!isRecord(value)) {
    throw invalid(file, "has a header that is not a JSON object");
  }
  const unsound = findUnsoundKey(text);
  if (unsound) {
    const { key, problem } = unsound;
    throw invalid(
      file,
      problem === "duplicate"
        ? `names ${JSON.stringify(key)} twice in its header`
        : `has a tensor or field named ${key}, which is refused`,
    );
  }
  return value;
}

interface Place {
  readonly file: string;
  readonly name: string;
  readonly dataStart: number;
  readonly dataSize: number;
}

function parseEntry(entry: unknown, place: Place): WeightInfo {
  const { file, name } = place;
  if (!isRecord(entry)) {
    throw invalid(file, `${tensorNamed(name)} is not described by an object`);
  }
  const bytes = typeof entry.dtype === "string"
    ? BYTES_PER_ELEMENT.get(entry.dtype)
    : undefined;
  if (bytes === undefined) {
    throw invalid(
      file,
      `${tensorNamed(name)} has dtype ${
        JSON.stringify(entry.dtype)
      }; what can be read is ${[...BYTES_PER_ELEMENT.keys()].join(", ")}`,
    );
  }
  const shape = parseShape(entry.shape, place);
  const [begin, end] = parseOffsets(entry.data_offsets, place);
  const length = byteLength(shape, bytes, place);
  if (end - begin !== length) {
    throw invalid(
      file,
      `${tensorNamed(name)} of shape [${
        shape.join(", ")
      }] and dtype ${entry.dtype} takes ${length} bytes, but its data_offsets [${begin}, ${end}] span ${
        end - begin
      }`,
    );
  }
  const dtype = entry.dtype as WeightDType;
  return { dtype, shape, file, offset: place.dataStart + begin, length };
}

function parseShape(shape: unknown, { file, name }: Place): number[] {
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw invalid(
      file,
      `${tensorNamed(name)} has shape ${
        excerpt(shape)
      }, which is not a list of whole numbers from 0 on`,
    );
  }
  return shape;
}

function parseOffsets(
  offsets: unknown,
  { file, name, dataSize }: Place,
): [number, number] {
  if (
    !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)
  ) {
    throw invalid(
      file,
      `${tensorNamed(name)} has data_offsets ${
        excerpt(offsets)
      }, which is not a pair of whole numbers from 0 on`,
    );
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataSize) {
    throw invalid(
      file,
      `${
        tensorNamed(name)
      } has data_offsets [${begin}, ${end}], outside the ${dataSize} bytes of data that the file has`,
    );
  }
  return [begin, end];
}

function byteLength(shape: number[], bytes: number, place: Place): number {
  let length = bytes;
  for (const dim of shape) {
    length *= dim;
    if (!Number.isSafeInteger(length)) {
      throw invalid(
        place.file,
        `${tensorNamed(place.name)} has shape ${
          excerpt(shape)
        }, too large to exist`,
      );
    }
  }
  return length;
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
  if (end !== fileSize) {
    throw invalid(
      file,
      `has ${fileSize - end} bytes after ${before} that belong to no tensor`,
    );
  }
}

function parseMetadata(
  metadata: unknown,
  file: string,
): Record<string, string> {
  if (!isRecord(metadata)) {
    throw invalid(file, "has a __metadata__ that is not an object");
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw invalid(
        file,
        `has a __metadata__ entry ${JSON.stringify(key)} that is not a string`,
      );
    }
  }
  return metadata as Record<string, string>;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function tensorNamed(name: string): string {
  return `tensor ${excerpt(name)}`;
}

/** A value as JSON, short enough for a message. */
function excerpt(value: unknown): string {
  const json = JSON.stringify(value) ?? "undefined";
  return json.length > 200 ? `${json.slice(0, 200)}…` : json;
}

function invalid(file: string, problem: string): LocRefError {
  const separator = problem.startsWith("tensor ") ? ": " : " ";
  return new LocRefError("file-invalid", `${file}${separator}${problem}`);
}
