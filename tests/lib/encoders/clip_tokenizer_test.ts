/** Tokenizers in every layout of transformers; the ids are those of transformers 4.57 and 5.23. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { readVocabulary } from "../../../lib/weights/configs/tokenizer_files.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const golden =
  new URL("../../goldens/sd-tiny/tokenizer/", import.meta.url).pathname;
const pocket =
  new URL("../../../models/pocket/tokenizer/", import.meta.url).pathname;

const text = "hello, a cat! wow!!! a  <cat-toy> x";
const start = 49406, end = 49407;
/** Ids of `text` where "!" and "<cat-toy>" are words like others. */
const plain = [3306, 267, 320, 2368, 256, 2781, 995, 320, 283, 2368, 268, 5988];

type Files = Record<string, string | Uint8Array>;

async function folderWith(dir: string, files: Files, from = golden) {
  const names = ["vocab.json", "merges.txt", "tokenizer_config.json"];
  for (const name of names) {
    if (name in files) continue;
    await Deno.copyFile(join(from, name), join(dir, name));
  }
  for (const [name, content] of Object.entries(files)) {
    const data = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    if (data.length > 0) await Deno.writeFile(join(dir, name), data);
  }
}

function check(title: string, files: Files, ids: readonly number[], pad = end) {
  Deno.test(title, async () => {
    await inTempDir(async (dir) => {
      await folderWith(dir, files);
      const tokenizer = await loadClipTokenizer(dir, { positions: 77 });
      const found = [...tokenizer.encode(text).ids];
      const padded = [start, ...ids, end];
      while (padded.length < 77) padded.push(pad);
      assertEquals(found, padded);
      assertEquals(tokenizer.warnings, []);
    });
  });
}

Deno.test("the pocket model's packed merges are its tokenizer's, and so is the vocabulary", async () => {
  await inTempDir(async (dir) => {
    const name = "merges.br";
    await Deno.copyFile(join(pocket, name), join(dir, name));
    const packed = await readVocabulary(dir);
    const whole = await readVocabulary(pocket);
    assertEquals(packed.merges, whole.merges);
    assertEquals(packed.ids, whole.ids);
  });
});

const merges = await Deno.readTextFile(join(golden, "merges.txt"));
const vocab = await Deno.readTextFile(join(golden, "vocab.json"));
const all = [...plain, 285, 343];

check("vocab.json and merges.txt alone are enough", {
  "tokenizer_config.json": "",
}, all);
check(
  "merges.txt may end its lines in CR LF and begin with a byte order mark",
  {
    "merges.txt": "\uFEFF" + merges.replaceAll("\n", "\r\n"),
  },
  all,
);
check("merges.txt may end its lines in CR alone", {
  "merges.txt": merges.replaceAll("\n", "\r"),
}, all);

Deno.test("a list of merges that was cut is a warning with what it lacks", async () => {
  await inTempDir(async (dir) => {
    const half = merges.slice(0, merges.indexOf("\n", merges.length / 2) + 1);
    await folderWith(dir, { "merges.txt": half });
    const { warnings } = await loadClipTokenizer(dir);
    assertEquals(warnings.length, 1);
    assertMatch(
      warnings[0]!,
      /vocab\.json": \d+ of \d+ tokens of several letters are made by none of the \d+ merges/,
    );
  });
});

check("merges.txt needs no version line, and empty lines count for nothing", {
  "merges.txt": merges.replace(/^#version.*\n/, "\n") + "\n\n",
}, all);
check("vocab.json may begin with a byte order mark", {
  "vocab.json": "\uFEFF" + vocab,
}, all);
check(
  "a padding token in special_tokens_map.json counts, and stands for itself",
  {
    "special_tokens_map.json": JSON.stringify({ pad_token: "!" }),
  },
  [
    ...[3306, 267, 320, 2368, 0, 2781, 0, 0, 0, 320, 283, 2368, 268, 5988],
    ...[285, 343],
  ],
  0,
);
check(
  "tokens of textual inversion in added_tokens.json stand for themselves",
  {
    "special_tokens_map.json": JSON.stringify({ pad_token: { content: "!" } }),
    "added_tokens.json": JSON.stringify({ "<cat-toy>": 49408 }),
  },
  [3306, 267, 320, 2368, 0, 2781, 0, 0, 0, 320, 49408, 343],
  0,
);
check("a config that lists its added tokens counts before the map", {
  "tokenizer_config.json": JSON.stringify({
    pad_token: "<|endoftext|>",
    model_max_length: 1e30,
    added_tokens_decoder: {
      "49406": { content: "<|startoftext|>" },
      "49407": { content: "<|endoftext|>" },
    },
  }),
  "special_tokens_map.json": JSON.stringify({ pad_token: "!" }),
}, all);

/** What transformers 5 writes in the place of the two files. */
function wholeTokenizer(pairs: boolean, model: object = {}): string {
  const lines = merges.split("\n").filter((line) =>
    line !== "" && !line.startsWith("#version")
  );
  return JSON.stringify({
    version: "1.0",
    added_tokens: [
      { id: start, content: "<|startoftext|>", special: true },
      { id: end, content: "<|endoftext|>", special: true },
      { id: 49408, content: "<cat-toy>", special: false },
    ],
    model: {
      type: "BPE",
      unk_token: "<|endoftext|>",
      end_of_word_suffix: "</w>",
      vocab: JSON.parse(vocab),
      merges: pairs ? lines.map((line) => line.split(" ")) : lines,
      ...model,
    },
  });
}

for (const pairs of [true, false]) {
  check(
    `tokenizer.json alone is read, with merges as ${pairs ? "pairs" : "lines"}`,
    {
      "vocab.json": "",
      "merges.txt": "",
      "tokenizer.json": wholeTokenizer(pairs),
    },
    [...plain.slice(0, 8), 49408, 343],
  );
}

/** What is wrong, and what the message must say. */
const broken: [string, Files, string][] = [
  [
    "neither layout",
    { "vocab.json": "" },
    'vocab.json" is missing, and so is tokenizer.json',
  ],
  [
    "a vocabulary that is a list",
    { "vocab.json": "[1]" },
    'vocab.json" must hold a JSON object, got [1]',
  ],
  [
    "an id that is no number",
    { "vocab.json": '{"a": "x"}' },
    'token "a" must have a whole number from 0 as its id, got "x"',
  ],
  [
    "an id below 0",
    { "added_tokens.json": '{"<x>": -1}' },
    'added_tokens.json": token "<x>" must have a whole number',
  ],
  [
    "an id beyond the text encoder",
    { "added_tokens.json": '{"<x>": 4096}' },
    'id 4096 for token "<x>", but the text encoder knows ids below 4096',
  ],
  [
    "a merge of three",
    { "merges.txt": "#version: 0.2\na b\na b c\n" },
    'merges.txt": line 3 must hold two pieces of a word, got "a b c"',
  ],
  [
    "merges that are no list",
    { "vocab.json": "", "tokenizer.json": '{"model": {"vocab": {}}}' },
    'key "model.merges" must be a list, got nothing',
  ],
  [
    "a tokenizer of another kind",
    { "vocab.json": "", "tokenizer.json": '{"model": {"type": "Unigram"}}' },
    'key "model.type" must be "BPE", as CLIP has it, got "Unigram"',
  ],
  [
    "tokenizer.json without a model",
    { "vocab.json": "", "tokenizer.json": "{}" },
    'key "model" must be an object, got nothing',
  ],
  [
    "a padding token that is no word",
    { "special_tokens_map.json": '{"pad_token": "[PAD]"}' },
    'has no token "[PAD]"',
  ],
  [
    "fewer tokens than the text encoder has positions",
    { "tokenizer_config.json": '{"model_max_length": 16}' },
    'key "model_max_length" must be at least 32',
  ],
  [
    "settings that are not JSON",
    { "tokenizer_config.json": "{" },
    'tokenizer_config.json" is not JSON',
  ],
];

for (const [title, files, said] of broken) {
  Deno.test(`Tokenizer: ${title} is refused by file`, async () => {
    await inTempDir(async (dir) => {
      await folderWith(dir, files, pocket);
      const error = await assertRejects(
        () => loadClipTokenizer(dir, { positions: 32, vocabulary: 4096 }),
        LocRefError,
      );
      assertStringIncludes(error.message, said);
      assert(error.message.length < 500);
    });
  });
}

Deno.test("a key that no tokenizer knows is a warning", async () => {
  await inTempDir(async (dir) => {
    const config = JSON.stringify({ pad_tokn: "!", model_max_length: 32 });
    await folderWith(dir, { "tokenizer_config.json": config }, pocket);
    const { warnings } = await loadClipTokenizer(dir);
    assertStringIncludes(
      warnings.join(),
      '"pad_tokn" is not known (did you mean "pad_token"?)',
    );
  });
});
