import { assert, assertEquals } from "@std/assert";
import { captionWords } from "../../../train/pocket/caption_words.ts";

Deno.test("the pocket model's folder lists the words that it was trained with", async () => {
  const path = new URL("../../../models/pocket/words.txt", import.meta.url);
  const listed = (await Deno.readTextFile(path)).trimEnd().split("\n");
  assertEquals(listed, await captionWords());
  for (const word of ["giraffe", "striped", "background", "purple"]) {
    assert(listed.includes(word), word);
  }
});
