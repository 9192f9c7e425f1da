/** CLIP's vocabulary, which follows from its merges, and merges as few bytes. */

import { brotliCompressSync, brotliDecompressSync } from "node:zlib";

/** The tokens that CLIP's encoding adds to what merges make. */
const special = ["<|startoftext|>", "<|endoftext|>"];

/**
 * The vocabulary of CLIP's byte-pair encoding (Radford et al. 2021, reference code): the 256 bytes as
 * characters, those at the end of a word, what each merge makes, and the two special tokens.
 */
export function vocabularyOf(
  merges: readonly string[],
): Record<string, number> {
  const tokens = [
    ...firstTokens(),
    ...merges.map((merge) => merge.replace(" ", "")),
    ...special,
  ];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

/**
 * Merges as few bytes: the ids of both halves of each, low bytes and high bytes apart, in Brotli.
 * Half of a merge is a byte or what an earlier merge makes.
 */
export function packMerges(merges: readonly string[]): Uint8Array {
  const ids = vocabularyOf(merges);
  const halves = merges.map((merge) => merge.split(" "));
  const pairs = [0, 1].flatMap((side) =>
    halves.map((half) => ids[half[side]!]!)
  );
  const bytes = [
    ...pairs.map((id) => id & 255),
    ...pairs.map((id) => id >> 8),
  ];
  return brotliCompressSync(Uint8Array.from(bytes));
}

/** The merges of {@linkcode packMerges}. */
export function unpackMerges(packed: Uint8Array): string[] {
  const bytes = brotliDecompressSync(packed);
  const count = bytes.length / 4, tokens = firstTokens();
  const idAt = (place: number) =>
    bytes[place]! + 256 * bytes[place + 2 * count]!;
  return Array.from({ length: count }, (_, i) => {
    const left = tokens[idAt(i)]!, right = tokens[idAt(count + i)]!;
    tokens.push(left + right);
    return `${left} ${right}`;
  });
}

/** The 256 bytes as characters, and those at the end of a word. */
function firstTokens(): string[] {
  const bytes = byteCharacters();
  return [...bytes, ...bytes.map((one) => `${one}</w>`)];
}

/** A character for each byte, printable ones first, which stand for themselves. */
function byteCharacters(): string[] {
  const own = [
    ...range(0x21, 0x7e),
    ...range(0xa1, 0xac),
    ...range(0xae, 0xff),
  ];
  const known = new Set(own);
  const others = range(0, 0xff).filter((byte) => !known.has(byte));
  return [
    ...own.map((byte) => String.fromCharCode(byte)),
    ...others.map((_, i) => String.fromCharCode(0x100 + i)),
  ];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
