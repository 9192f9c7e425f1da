import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { captionChunks } from "../../../../lib/encoders/captions/caption_chunks.ts";
import { loadClipTokenizer } from "../../../../lib/encoders/clip_tokenizer.ts";

const tokenizer = await loadClipTokenizer(
  fromFileUrl(new URL("../../../goldens/sd-tiny/tokenizer", import.meta.url)),
);
const long = Array(100).fill("a red apple").join(" ");

Deno.test("one chunk is what the tokenizer encodes, and cuts where it does", () => {
  for (const caption of ["", "a red apple", long]) {
    const { chunks, cut } = captionChunks(tokenizer, caption);
    const plain = tokenizer.encode(caption);
    assertEquals(chunks.map(({ ids }) => ids), [plain.ids]);
    assertEquals(cut, plain.cut);
  }
});

Deno.test("a longer caption goes on in further chunks, and nothing is lost", () => {
  const { chunks, cut } = captionChunks(tokenizer, long, { most: 100 });
  assertEquals(cut, undefined);
  const all = tokenizer.tokens(long);
  const room = tokenizer.length - 2;
  assertEquals(chunks.length, Math.ceil(all.length / room));
  const inside = chunks.flatMap(({ ids }, i) =>
    [...ids].slice(1, 1 + Math.min(room, all.length - i * room))
  );
  assertEquals(inside, all);
  for (const { ids } of chunks) assert(ids.includes(tokenizer.end));
});

Deno.test("weights stand at their words' tokens, 1 everywhere else", () => {
  const { chunks } = captionChunks(tokenizer, "a (red:1.5) apple", {
    weighted: true,
  });
  const [{ ids, weights }] = chunks as [typeof chunks[0]];
  assertEquals(ids, tokenizer.encode("a red apple").ids);
  const [before, red] = ["a", "red"].map((word) =>
    tokenizer.tokens(word).length
  );
  assertEquals(
    weights,
    Array.from(ids, (_, i) => i > before! && i <= before! + red! ? 1.5 : 1),
  );
});

Deno.test("BREAK begins a chunk where there may be several", () => {
  const caption = "a red BREAK apple";
  const both = captionChunks(tokenizer, caption, { weighted: true, most: 4 });
  assertEquals(
    both.chunks.map(({ ids }) => ids),
    ["a red", "apple"].map((text) => tokenizer.encode(text).ids),
  );
});
