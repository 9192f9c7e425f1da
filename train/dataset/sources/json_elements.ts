/** Reads the arrays of a JSON object of any size, an element at a time. */

import { openFile } from "./open_file.ts";

/** An element of an array that is a member of the root object. */
export interface JsonElement {
  /** Name of the array, such as `annotations`. */
  readonly key: string;
  /** Where the element begins in the file, in bytes. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** The element's own JSON text. */
  readonly text: string;
}

const quote = 0x22, backslash = 0x5c, comma = 0x2c, colon = 0x3a;
const openBrace = 0x7b, closeBrace = 0x7d, openArray = 0x5b, closeArray = 0x5d;

/**
 * The elements of all arrays at the root of a JSON file, in the file's order. Memory stays at a
 * few pieces of `pieceSize` bytes, whatever the file's size.
 *
 * @throws {SyntaxError} with the byte at which the file is no JSON object, or ends too early.
 */
export async function* jsonElements(
  path: string,
  options: { pieceSize?: number } = {},
): AsyncGenerator<JsonElement> {
  using file = await openFile(path);
  const window = new Window(file, path, options.pieceSize ?? 2 ** 22);
  await window.expect(openBrace);
  if (await window.peek() === closeBrace) return;
  for (;;) {
    const key = JSON.parse((await window.value()).text) as string;
    await window.expect(colon);
    if (await window.peek() === openArray) {
      for await (const value of window.arrayValues()) yield { key, ...value };
    } else await window.value();
    if (await window.peek() === closeBrace) return;
    await window.expect(comma);
  }
}

/** A part of the file that moves on as values are taken from it. */
class Window {
  #bytes = new Uint8Array(0);
  #at = 0;
  #start = 0;
  #ended = false;
  readonly #decoder = new TextDecoder();

  constructor(
    readonly file: Deno.FsFile,
    readonly path: string,
    readonly pieceSize: number,
  ) {}

  /** The next byte that is no white space. */
  async peek(): Promise<number> {
    for (;;) {
      while (this.#at < this.#bytes.length) {
        const byte = this.#bytes[this.#at]!;
        if (byte !== 0x20 && (byte < 9 || byte > 13) && !this.#isMark(byte)) {
          return byte;
        }
        this.#at++;
      }
      await this.#more();
    }
  }

  async expect(byte: number): Promise<void> {
    const found = await this.peek();
    if (found !== byte) {
      throw this.#error(
        `expected ${String.fromCharCode(byte)}, found ${
          String.fromCharCode(found)
        }`,
      );
    }
    this.#at++;
  }

  /** Takes the next value, whatever it is. */
  async value(): Promise<Omit<JsonElement, "key">> {
    await this.peek();
    let end = endOfValue(this.#bytes, this.#at);
    while (end < 0) {
      await this.#more();
      end = endOfValue(this.#bytes, this.#at);
    }
    if (end === this.#at) throw this.#error("expected a value");
    const offset = this.#start + this.#at;
    const text = this.#decoder.decode(this.#bytes.subarray(this.#at, end));
    this.#at = end;
    return { offset, length: this.#start + end - offset, text };
  }

  async *arrayValues(): AsyncGenerator<Omit<JsonElement, "key">> {
    await this.expect(openArray);
    if (await this.peek() === closeArray) {
      this.#at++;
      return;
    }
    for (;;) {
      yield await this.value();
      if (await this.peek() === closeArray) break;
      await this.expect(comma);
    }
    this.#at++;
  }

  /** A byte order mark at the very beginning is passed over. */
  #isMark(byte: number): boolean {
    const place = this.#start + this.#at;
    return place < 3 && byte === [0xef, 0xbb, 0xbf][place];
  }

  async #more(): Promise<void> {
    if (this.#ended) throw this.#error("the file ends too early");
    const kept = this.#bytes.subarray(this.#at);
    const size = Math.max(this.pieceSize, kept.length);
    const next = new Uint8Array(kept.length + size);
    next.set(kept);
    const read = await this.file.read(next.subarray(kept.length));
    this.#start += this.#at;
    this.#at = 0;
    this.#bytes = next.subarray(0, kept.length + (read ?? 0));
    this.#ended = read === null;
  }

  #error(what: string): SyntaxError {
    return new SyntaxError(
      `${this.path} is no JSON object: ${what} at byte ${
        this.#start + this.#at
      }`,
    );
  }
}

/** The index after the value that begins at `at`; −1 where the bytes end before it does. */
function endOfValue(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first === quote) return endOfString(bytes, at);
  if (first !== openBrace && first !== openArray) {
    return endOfScalar(bytes, at);
  }
  let depth = 0;
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === quote) {
      i = endOfString(bytes, i) - 1;
      if (i < 0) return -1;
    } else if (byte === openBrace || byte === openArray) depth++;
    else if (byte === closeBrace || byte === closeArray) {
      if (--depth === 0) return i + 1;
    }
  }
  return -1;
}

function endOfString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; i < bytes.length; i++) {
    if (bytes[i] === backslash) i++;
    else if (bytes[i] === quote) return i + 1;
  }
  return -1;
}

function endOfScalar(bytes: Uint8Array, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const byte = bytes[i]!;
    const over = byte === comma || byte === closeBrace || byte === closeArray ||
      byte <= 0x20;
    if (over) return i;
  }
  return -1;
}
