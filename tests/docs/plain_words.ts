/** Finds words in public texts that CONTRIBUTING's "Words" rules out. */

/** A word or opening that public texts avoid, and the plain words for it. */
export interface BannedWords {
  readonly pattern: RegExp;
  readonly instead: string;
}

/** A text with the number of the line that it begins on. */
export interface PublicText {
  readonly line: number;
  readonly text: string;
}

export const bannedWords: readonly BannedWords[] = [
  { pattern: /\banswer(s|ed|ing)?\b/i, instead: "returns, predicts, response" },
  { pattern: /\b(tells?|told|telling)\b/i, instead: "says, shows, states" },
  { pattern: /\basked\b/i, instead: "requested, read, called" },
  {
    pattern: /\b(is|are|was|were|be) there\b/i,
    instead: "exists, installed, present",
  },
  {
    pattern: /\b(is|are|was|were) (not|no longer) there\b/i,
    instead: "missing",
  },
  { pattern: /\bin vain\b/i, instead: "fails, and why" },
  { pattern: /\bamiss\b/i, instead: "wrong" },
  { pattern: /\bmend(s|ed|ing)?\b/i, instead: "fix" },
  { pattern: /\bg(ives?|ave) a word\b/i, instead: "yields, calls" },
  { pattern: /\bhas in mind\b/i, instead: "intermediate picture" },
];

const docOpening: BannedWords = {
  pattern: /^\s*(\/\*\*|\*) (What|Of) /,
  instead: "the name of the thing",
};

const paragraphOpening: BannedWords = {
  pattern: /^\s*([-*] |\d+\. )?(What|Of) /,
  instead: "the name of the thing",
};

/** Comments, and strings of several words, of a TypeScript file. */
export function textsOfCode(code: string): PublicText[] {
  const parts =
    /(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|"((?:\\.|[^"\\\n])*)"|`((?:\\.|[^`\\])*)`/g;
  return [...code.matchAll(parts)].flatMap((match) => {
    const [, comment, plain, template = ""] = match;
    const text = comment ?? plain ?? template.replaceAll("\\`", "`");
    if (comment === undefined && !/\S \S/.test(text)) return [];
    const line = code.slice(0, match.index).split("\n").length;
    return text.split("\n").map((text, i) => ({ line: line + i, text }));
  });
}

/** Lines of a Markdown page outside of its blocks of code. */
export function textsOfPage(page: string): PublicText[] {
  let inCode = false;
  return page.split("\n").flatMap((text, i) => {
    const fence = /^\s*```/.test(text);
    if (fence) inCode = !inCode;
    return fence || inCode ? [] : [{ line: i + 1, text }];
  });
}

/** Complaints about a file, one a line of it that breaks a rule. */
export function complaints(path: string, content: string): string[] {
  const isPage = /\.(md|ipynb)$/.test(path);
  const texts = isPage ? textsOfPage(content) : textsOfCode(content);
  const rules = [...bannedWords, isPage ? paragraphOpening : docOpening];
  return texts.flatMap(({ line, text }) =>
    rules.flatMap(({ pattern, instead }) => {
      const word = prose(text).match(pattern)?.[0].trim();
      return word === undefined
        ? []
        : [`${path}:${line}: "${word}" (say: ${instead}): ${text.trim()}`];
    })
  );
}

/** A text without names of code, links, placeholders and parameters. */
function prose(text: string): string {
  return text
    .replace(/\{@\w+[^}]*\}|@param \w+|\$\{[^}]*\}/g, "x")
    .replace(/`[^`\n]+`/g, "x")
    .replace(/\]\([^)]*\)|https?:\S+/g, "x");
}
