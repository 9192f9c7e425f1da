/** CLIP's vocabulary, which follows from its merges. */

/** The tokens that CLIP's encoding adds to what merges make. */
const special = ["<|startoftext|>", "<|endoftext|>"];

/**
 * The vocabulary of CLIP's byte-pair encoding (Radford et al. 2021, reference code): the 256 bytes as
 * characters, those at the end of a word, what each merge makes, and the two special tokens.
 */
export function vocabularyOf(
  merges: readonly string[],
): Record<string, number> {
  const bytes = byteCharacters();
  const tokens = [
    ...bytes,
    ...bytes.map((one) => `${one}</w>`),
    ...merges.map((merge) => merge.replace(" ", "")),
    ...special,
  ];
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
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
