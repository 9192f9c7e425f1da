import { assertEquals } from "@std/assert";
import { phrasePlaces } from "../../../lib/adapters/phrase_places.ts";

const [start, end] = [98, 99];

Deno.test("equal phrases take one occurrence after the other", () => {
  const caption = [start, 1, 2, 3, 1, 2, end];
  const phrase = [start, 1, 2, end];
  assertEquals(
    phrasePlaces(caption, [phrase, phrase, phrase, [start, 3, end]])
      .map((place) => place?.last),
    [2, 5, undefined, 3],
  );
});

Deno.test("longer phrases choose before the words that they hold", () => {
  const caption = [start, 7, 8, 5, 8, end];
  assertEquals(phrasePlaces(caption, [[start, 8, end], [start, 7, 8, end]]), [
    { first: 4, last: 4 },
    { first: 1, last: 2 },
  ]);
});
