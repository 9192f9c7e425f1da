import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { loadClipTokenizer } from "../../../../lib/encoders/clip_tokenizer.ts";
import { vocabularyOf } from "../../../../lib/weights/configs/merges_vocabulary.ts";
import { clipTokenizers } from "../../../../lib/weights/single_file/clip_tokenizers.ts";

const folder =
  new URL("../../../goldens/sd-tiny/tokenizer/", import.meta.url).pathname;

Deno.test("CLIP's vocabulary follows from its merges", async () => {
  const text = await Deno.readTextFile(join(folder, "merges.txt"));
  const merges = text.split("\n").slice(1).filter((line) => line !== "");
  const vocabulary = JSON.parse(
    await Deno.readTextFile(join(folder, "vocab.json")),
  );
  assertEquals(vocabularyOf(merges), vocabulary);
});

Deno.test("the package's tokenizers know all of CLIP's words, and pad as CLIP and OpenCLIP do", async () => {
  const { plain, open } = await clipTokenizers();
  const words = [49406, 320, 1125, 539, 320, 2368, 49407];
  for (const [path, pad] of [[plain, 49407], [open, 0]] as const) {
    const tokenizer = await loadClipTokenizer(path, {
      positions: 9,
      vocabulary: 49408,
    });
    assertEquals([...tokenizer.encode("a photo of a cat").ids], [
      ...words,
      pad,
      pad,
    ]);
    assertEquals(tokenizer.warnings, []);
  }
});
