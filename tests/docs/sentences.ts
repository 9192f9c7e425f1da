/** Finds sentences in public texts that are too long to be read at once. */

/**
 * Most words of a sentence, or of a part of it between colons and semicolons. CONTRIBUTING wants
 * about 20; numbers do not count.
 */
export const mostWords = 25;

/** Full stops of these end no sentence. */
const abbreviations = /\b(al|cf|e\.g|i\.e|Eqs?|[Ff]ig|vs)$/;

/** A paragraph with the number of the line that it begins on. */
interface Paragraph {
  readonly line: number;
  readonly text: string;
}

/** Lines that stand alone, and those that begin a paragraph. */
const alone = /^\s*(#|\||<|$)/;
const opening = /^\s*([-*>]|\d+\.|@(param \w+|\w+)( \{[^}]*\})?) /;

/** Paragraphs of lines, without headings, tables and blocks of code. */
function paragraphs(lines: readonly string[], from = 1): Paragraph[] {
  const found: { line: number; text: string }[] = [];
  let inCode = false;
  let open = false;
  for (const [i, line] of lines.entries()) {
    const fence = /^\s*(```|~~~)/.test(line);
    if (fence) inCode = !inCode;
    if (fence || inCode || alone.test(line)) {
      open = false;
      continue;
    }
    const text = line.replace(opening, "").trim();
    const last = found.at(-1);
    if (open && last && !opening.test(line)) last.text += ` ${text}`;
    else found.push({ line: from + i, text });
    open = true;
  }
  return found;
}

/** Paragraphs of the doc comments and strings of a TypeScript file. */
function paragraphsOfCode(code: string): Paragraph[] {
  const parts =
    /\/\*\*([\s\S]*?)\*\/|\/\/[^\n]*|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g;
  return [...code.matchAll(parts)].flatMap((match) => {
    const [, comment, plain, template = ""] = match;
    const string = (plain ?? template).replaceAll("\\`", "`")
      .replaceAll(/\\n/g, "\n").replaceAll(/\$\{[^}]*\}/g, "x");
    const text = comment?.replaceAll(/^[ \t]*\* ?/gm, "") ?? string;
    const line = code.slice(0, match.index).split("\n").length;
    return paragraphs(text.split("\n"), line);
  });
}

/** Sentences of a paragraph, cut at colons and semicolons too; code and links are one word. */
function sentences(text: string): string[] {
  const plain = text
    .replace(/\{@\w+ ([^}]*)\}/g, "x")
    .replace(/`[^`]+`/g, "x")
    .replace(/\]\([^)]*\)|https?:\S+/g, "");
  const parts: string[] = [];
  let begin = 0;
  for (const { index, 0: end } of plain.matchAll(/[.!?:;]["”)*_]*(\s+|$)/g)) {
    if (abbreviations.test(plain.slice(begin, index))) continue;
    parts.push(plain.slice(begin, index + end.length).trim());
    begin = index + end.length;
  }
  return [...parts, plain.slice(begin).trim()];
}

/** Complaints about a file, one a sentence with too many words. */
export function longSentences(path: string, content: string): string[] {
  const found = /\.(md|ipynb)$/.test(path)
    ? paragraphs(content.split("\n"))
    : paragraphsOfCode(content);
  return found.flatMap(({ line, text }) =>
    sentences(text).flatMap((sentence) => {
      const words = sentence.split(/[\s—–]+/)
        .filter((word) => /\p{L}/u.test(word) && !/\d/.test(word)).length;
      return words <= mostWords ? [] : [
        `${path}:${line}: ${words} words, more than ${mostWords}: ${sentence}`,
      ];
    })
  );
}
