import { assert, assertEquals } from "@std/assert";
import { random } from "../../../lib/core/random.ts";
import { captionWords } from "../../../train/pocket/caption_words.ts";
import { pocketObjects } from "../../../train/pocket/objects/objects.ts";
import { emptyLayer } from "../../../train/pocket/stages/layer.ts";
import { outlineStudioScene } from "../../../train/pocket/studio/scene_plan.ts";

const wordsOf = (text: string) => text.match(/[\p{L}\p{M}]+/gu) ?? [];

Deno.test("every word of a caption that models are trained with is listed", async () => {
  const listed = new Set(await captionWords());
  const objects = await pocketObjects();
  // an outline reads the sizes of pictures alone
  const world = { objects, sprites: objects.map(() => emptyLayer(16, 16)) };
  for (let i = 0; i < 100; i++) {
    const { caption } = outlineStudioScene(world, random("words", i));
    for (const word of wordsOf(caption)) assert(listed.has(word), word);
  }
});

Deno.test("the pocket model's folder lists the words that its captions were made of", async () => {
  const path = new URL("../../../models/pocket/words.txt", import.meta.url);
  const listed = (await Deno.readTextFile(path)).trimEnd().split("\n");
  assertEquals(listed, await captionWords());
});
