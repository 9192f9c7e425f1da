import { quote, shorten } from "../../core/quote.ts";
import type { WeightInfo } from "../../ops/executor.ts";
import { identifyBytes } from "../../core/files/identify_bytes.ts";
import { exceeded } from "../../core/files/json_limits.ts";
import { findUnsoundKey } from "./json_keys.ts";
import { isRecord, parseTensors } from "../safetensors_tensors.ts";
import {
  cutShort,
  invalid,
  notWeights,
  WeightFileError,
} from "../weight_file_error.ts";

/** Header of a safetensors file: everything before its data. */
export interface SafetensorsHeader {
  /** Free text of the file's author, by key. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor by name, in the order of the names. */
  readonly tensors: ReadonlyMap<string, WeightInfo>;
}

/** Longest header that is read, in bytes; the largest public ones take about a tenth of it. */
const MAX_HEADER_BYTES = 25_000_000;

/** Bytes of a file that are looked at to find out what it is: its header's length, and more. */
export const HEAD_BYTES = 4096;

/**
 * Length of the JSON header, from the first bytes of a file.
 *
 * @param start The first {@linkcode HEAD_BYTES} of the file, or all of a shorter one.
 * @throws {LocRefError} `file-invalid` if the length does not fit a file of `fileSize` bytes; it
 * says what the file is, where that is known.
 */
export function headerLength(
  start: Uint8Array,
  fileSize: number,
  file: string,
): number {
  const length = start.length < 8
    ? 0n
    : new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  // The shortest JSON object has two bytes.
  if (length >= 2n && length <= BigInt(fileSize - 8)) {
    if (length <= BigInt(MAX_HEADER_BYTES)) return Number(length);
    throw invalid(
      file,
      `has a header of ${length} bytes, more than the ${MAX_HEADER_BYTES} that are read`,
    );
  }
  const whole = length < 2n ? "" : `, and its header alone ${length + 8n}`;
  const cut = cutShort(file, `is cut short: it has ${fileSize} bytes${whole}`);
  if (start[8] === OPEN_OBJECT && length < LARGEST_LENGTH) throw cut;
  const known = identifyBytes(start, fileSize);
  if (known) throw notWeights(file, known);
  if (start.length < 9) throw cut;
  throw invalid(
    file,
    `is no safetensors file: it begins with the bytes ${hex(start)}`,
  );
}

/** Above it, the bytes of a length are text or something else. */
const LARGEST_LENGTH = 1n << 40n;

const OPEN_OBJECT = 0x7b;

function hex(start: Uint8Array): string {
  return [...start.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/**
 * Reads the JSON header of a safetensors file, checking each field against the file's size.
 *
 * @throws {LocRefError} `file-invalid`, naming the file and the tensor, if a field is missing,
 * wrong or given twice, or if the tensors overlap or leave gaps.
 */
export function parseHeader(
  header: Uint8Array,
  fileSize: number,
  file: string,
): SafetensorsHeader {
  const { __metadata__: metadata, ...entries } = parseJson(header, file);
  const dataStart = 8 + header.length;
  const tensors = parseTensors(entries, { file, dataStart, fileSize });
  return { metadata: parseMetadata(metadata, file), tensors };
}

/** Three levels and four keys a tensor, with room for what others keep in a header. */
const LIMITS = { depth: 16, keys: 400_000 };

function parseJson(header: Uint8Array, file: string): Record<string, unknown> {
  const excess = exceeded(header, LIMITS);
  if (excess) throw invalid(file, `has a header of ${excess}`);
  if (header.includes(0)) {
    throw cutShort(file, "has zeros in its header, where text should stand");
  }
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
    const reason = shorten((error as Error).message, 120);
    throw invalid(file, `has a header that is not JSON (${reason})`);
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
        ? `names ${quote(key)} twice in its header`
        : `has a tensor or field named ${key}, which is refused`,
    );
  }
  return value;
}

/** Absent and null are both no metadata, as in the reference implementation. */
function parseMetadata(
  metadata: unknown,
  file: string,
): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (!isRecord(metadata)) {
    throw new WeightFileError(
      `${file} has a __metadata__ that is no object but ${quote(metadata)}`,
      REWRITE_METADATA,
    );
  }
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") {
      throw new WeightFileError(
        `${file} has a __metadata__ entry ${quote(key)} that is no string but ${
          quote(value)
        }`,
        REWRITE_METADATA,
      );
    }
  }
  return metadata as Record<string, string>;
}

const REWRITE_METADATA =
  "Save the file anew with text as every value of its metadata, since other readers refuse it as well";
