import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { complaints } from "./docs/plain_words.ts";
import { longSentences, mostWords } from "./docs/sentences.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const sources = [
  ...["lib", "train", "eval", "cli", "examples", "tools"],
  ...["cli.ts", "mod.ts"],
];
const skipped = /^(node_modules|tests\/data|\.)|\/\./;

/** Lines that need a banned word, each with its reason. */
const exceptions: readonly { path: string; line: string; why: string }[] = [];

/** Texts that are not ours to shorten: a licence, and records of what was done. */
const records = /^(CHANGELOG|.*\/LICENSE|train\/pocket\/.*)\.md$/;

async function* filesBelow(
  path: string,
  ending: string,
): AsyncGenerator<string> {
  if (skipped.test(path)) return;
  if ((await Deno.stat(join(root, path))).isFile) {
    if (path.endsWith(ending)) yield path;
    return;
  }
  for await (const { name } of Deno.readDir(join(root, path))) {
    yield* filesBelow(path === "" ? name : `${path}/${name}`, ending);
  }
}

/** Text cells of a notebook. */
function proseOf(notebook: string): string {
  const { cells } = JSON.parse(notebook);
  const texts: { source: string[] }[] = cells.filter((
    one: { cell_type: string },
  ) => one.cell_type === "markdown");
  return texts.map(({ source }) => source.join("")).join("\n\n");
}

async function complaintsOf(
  paths: AsyncIterable<string>,
): Promise<string[]> {
  const found: string[] = [];
  for await (const path of paths) {
    const content = await Deno.readTextFile(join(root, path));
    const isNotebook = path.endsWith(".ipynb");
    found.push(...complaints(path, isNotebook ? proseOf(content) : content));
  }
  return found.filter((text) =>
    !exceptions.some(({ path, line }) =>
      text.startsWith(`${path}:`) && text.includes(line)
    )
  ).sort();
}

async function longSentencesOf(
  paths: AsyncIterable<string>,
): Promise<string[]> {
  const found: string[] = [];
  for await (const path of paths) {
    if (records.test(path)) continue;
    const content = await Deno.readTextFile(join(root, path));
    found.push(...longSentences(path, content));
  }
  return found.sort();
}

for (const source of sources) {
  Deno.test(`doc comments and messages of ${source} have no long sentences`, async () => {
    assertEquals(await longSentencesOf(filesBelow(source, ".ts")), []);
  });

  Deno.test(`comments and messages of ${source} use plain words`, async () => {
    assertEquals(await complaintsOf(filesBelow(source, ".ts")), []);
  });
}

Deno.test("Markdown pages use plain words", async () => {
  assertEquals(await complaintsOf(filesBelow("", ".md")), []);
});

Deno.test("Markdown pages have no long sentences", async () => {
  assertEquals(await longSentencesOf(filesBelow("", ".md")), []);
});

Deno.test("notebooks use plain words", async () => {
  assertEquals(await complaintsOf(filesBelow("notebooks", ".ipynb")), []);
});

Deno.test("every exception is still needed", async () => {
  for (const { path, line } of exceptions) {
    const content = await Deno.readTextFile(join(root, path));
    const needed = complaints(path, content).some((one) => one.includes(line));
    assertEquals(needed, true, `${path} no longer needs "${line}"`);
  }
});

Deno.test("comments, messages and openings of doc lines are found", () => {
  const code = [
    '/** What it is. */ import { a } from "./answer.ts";',
    "// it answers twice",
    "const answers = told(`${asked}`);",
    'throw new Error("The hub was asked");',
    "fail(`${path} is there already`);",
  ].join("\n");
  const lines = complaints("a.ts", code).map((one) => one.split(" (")[0]);
  assertEquals(lines, [
    'a.ts:1: "/** What"',
    'a.ts:2: "answers"',
    'a.ts:4: "asked"',
    'a.ts:5: "is there"',
  ]);
});

Deno.test("code inside of pages and comments is no text", () => {
  const page =
    "# What it costs\n\n`answer` is\n\n```ts\nasked();\n```\nOf old.";
  const lines = complaints("a.md", page).map((one) => one.split(" (")[0]);
  assertEquals(lines, ['a.md:8: "Of"']);
  assertEquals(complaints("a.ts", "/** Calls `tell`. @param told one */"), []);
});

/** A sentence of so many words. */
const sentence = (words: number) => Array(words).fill("word").join(" ");

Deno.test("a sentence is long by its words between full stops, colons and semicolons", () => {
  const [fits, long] = [sentence(mostWords), sentence(mostWords + 1)];
  const found = (page: string) =>
    longSentences("a.md", page).map((one) => one.split(":", 2).join(":"));
  for (const mark of [".", ":", ";", "?", ".”", ".**"]) {
    assertEquals(found(`${fits}${mark} ${fits}.`), [], mark);
    assertEquals(found(`${fits}${mark} ${long}.`), ["a.md:1"], mark);
  }
  // neither a line break nor an abbreviation ends a sentence, but an item of a list begins one
  assertEquals(found(`\n${fits}\nal. more`), ["a.md:2"]);
  assertEquals(found(`${fits} (Ho et al. 2020)`), ["a.md:1"]);
  assertEquals(found(`- ${fits}\n- ${fits}`), []);
});

Deno.test("code, links, numbers, headings and tables are no words of a sentence", () => {
  const fits = sentence(mostWords - 1);
  const pages = [
    `${fits} \`let a = b + c\`.`,
    `${fits} [one](https://example.com/a b) 12 345 6.7.`,
    `# ${fits} ${fits}`,
    `| ${fits} | ${fits} |`,
    `\`\`\`sh\n${fits} ${fits}\n\`\`\``,
  ];
  for (const page of pages) assertEquals(longSentences("a.md", page), []);
});

Deno.test("doc comments and strings are read paragraph by paragraph", () => {
  const [fits, long] = [sentence(mostWords), sentence(mostWords + 1)];
  const code = [
    ...[`// ${long}`, "/**", ` * ${fits}`, " *", ` * ${fits}`],
    ...[` * @param one ${long}.`, " */", `fail("${fits}", "${long}");`],
    `print(\`\${one + two} ${fits}\\n${fits}\`);`,
  ].join("\n");
  const lines = longSentences("a.ts", code).map((one) => one.split(" ")[0]);
  assertEquals(lines, ["a.ts:6:", "a.ts:8:", "a.ts:9:"]);
});
