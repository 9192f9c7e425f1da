import { assert, assertEquals } from "@std/assert";
import { random } from "../../../lib/core/random.ts";
import { captionWords } from "../../../train/pocket/caption_words.ts";
import { drawStudioScene } from "../../../train/pocket/studio/studio_scene.ts";
import { loadPocketWorld } from "../../../train/pocket/objects/pocket_world.ts";

const wordsOf = (text: string) => text.match(/[\p{L}\p{M}]+/gu) ?? [];

Deno.test("every word of a caption that models are trained with is listed", async () => {
  const listed = new Set(await captionWords());
  const world = await loadPocketWorld(16);
  const size = { width: 16, height: 16 };
  for (let i = 0; i < 100; i++) {
    const options = { size, referenceSide: 16 };
    const { caption } = drawStudioScene(world, random("words", i), options);
    for (const word of wordsOf(caption)) assert(listed.has(word), word);
  }
});

Deno.test("the pocket model's folder lists the words that its captions were made of", async () => {
  const path = new URL("../../../models/pocket/words.txt", import.meta.url);
  const listed = (await Deno.readTextFile(path)).trimEnd().split("\n");
  assertEquals(listed, await captionWords());
});
