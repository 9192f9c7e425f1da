/** Captions with weights, in the notation that people type: `(word:1.3)`. */

/** A piece of a caption and its weight. */
export interface WeightedPiece {
  readonly text: string;
  /** 1 leaves it as it is. */
  readonly weight: number;
}

/** A bracket without a number strengthens by this, a square one weakens. */
const step = 1.1;

const marks =
  /\\[()[\]\\]?|\(|\[|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|\)|\]|[^\\()[\]:]+|:/g;

/**
 * The pieces of a caption with their weights: `( )` multiplies by 1.1, `[ ]` divides by it,
 * `(text:1.3)` sets 1.3, nested ones multiply. A backslash takes a bracket for itself; one that is
 * never closed counts to the end. Neighbours of equal weight are one piece.
 *
 * @returns lists of pieces: the word `BREAK` begins another, which is encoded by itself.
 */
export function weightedPieces(caption: string): WeightedPiece[][] {
  const open = { "(": [] as number[], "[": [] as number[] };
  const found: { text: string; weight: number }[] = [];
  const multiply = (from: number | undefined, factor: number) => {
    for (const piece of found.slice(from)) piece.weight *= factor;
  };
  const closed = (text: string, number: string | undefined) => {
    if (number !== undefined && open["("].length > 0) {
      multiply(open["("].pop(), Number(number));
    } else if (text === ")" && open["("].length > 0) {
      multiply(open["("].pop(), step);
    } else if (text === "]" && open["["].length > 0) {
      multiply(open["["].pop(), 1 / step);
    } else return false;
    return true;
  };
  for (const [text, number] of caption.matchAll(marks)) {
    if (text === "(" || text === "[") open[text].push(found.length);
    else if (text.startsWith("\\")) {
      found.push({ text: text.slice(1), weight: 1 });
    } else if (!closed(text, number)) found.push({ text, weight: 1 });
  }
  for (const from of open["("]) multiply(from, step);
  for (const from of open["["]) multiply(from, 1 / step);
  return broken(found).map(joined);
}

const lineBreak = /\s*\bBREAK\b\s*/;

/** The lists that the word `BREAK` separates. */
function broken(pieces: readonly WeightedPiece[]): WeightedPiece[][] {
  const lists: WeightedPiece[][] = [[]];
  for (const { text, weight } of pieces) {
    for (const [i, part] of text.split(lineBreak).entries()) {
      if (i > 0) lists.push([]);
      lists.at(-1)!.push({ text: part, weight });
    }
  }
  return lists;
}

function joined(pieces: readonly WeightedPiece[]): WeightedPiece[] {
  const out: { text: string; weight: number }[] = [];
  for (const { text, weight } of pieces) {
    if (text === "") continue;
    const last = out.at(-1);
    if (last?.weight === weight) last.text += text;
    else out.push({ text, weight });
  }
  return out.length > 0 ? out : [{ text: "", weight: 1 }];
}
