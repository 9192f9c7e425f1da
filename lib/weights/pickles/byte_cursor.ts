/** Reads numbers and texts from bytes, one after another. */

import { PickleFault } from "./pickle_fault.ts";
import { pickleLimits } from "./pickle_limits.ts";

/** Bytes with a place in them. Reading beyond the end throws a `PickleFault` with a short message. */
export class ByteCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Position of the next byte. */
  at: number;

  /** Starts at the byte `at`. */
  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  /** One byte. */
  byte(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  /** An unsigned number of two bytes, the lowest first. */
  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  /** An unsigned number of four bytes, the lowest first. */
  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A signed number of four bytes, the lowest first. */
  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  /** A length of eight bytes, the lowest first; `NaN` beyond exact numbers. */
  length64(): number {
    const value = Number(this.#view.getBigUint64(this.#advance(8), true));
    return Number.isSafeInteger(value) ? value : NaN;
  }

  /** A number of eight bytes, the highest first. */
  double(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  /** The next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** The next `count` bytes as UTF-8. */
  text(count: number): string {
    return new TextDecoder().decode(this.take(count));
  }

  /** Text up to the end of the line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.at);
    if (end < 0) throw new PickleFault("it ends within a line");
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  /** A signed whole number of `count` bytes, the lowest first. */
  integer(count: number): number | bigint {
    if (count > pickleLimits.integerBytes) {
      throw new PickleFault(`it holds a whole number of ${count} bytes`);
    }
    const bytes = this.take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) {
      value = value << 8n | BigInt(bytes[i]!);
    }
    const signed = BigInt.asIntN(8 * count, value);
    const small = Number(signed);
    return Number.isSafeInteger(small) ? small : signed;
  }

  #advance(count: number): number {
    const start = this.at;
    if (!(count >= 0) || start + count > this.#bytes.length) {
      throw new PickleFault(
        `its description ends at byte ${this.#bytes.length}, in the middle of a value`,
      );
    }
    this.at = start + count;
    return start;
  }
}
