import { assertEquals, assertThrows } from "@std/assert";
import { instancePhrases } from "../../../lib/adapters/instance_phrases.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { box } from "../../../lib/scene_data/box.ts";

function sceneOf(count: number) {
  return Array.from({ length: count }).reduce<ReturnType<typeof scene>>(
    (made) =>
      made.place("a.png", box.percent(0, 0, 50, 50), { caption: "cat" }),
    scene(),
  ).toJSON();
}

Deno.test("as many instances as a system has places are read, one more is refused with both numbers", () => {
  for (const [reader, most] of [["GLIGEN", 30], ["MIGC", 28]] as const) {
    assertEquals(instancePhrases(sceneOf(most), reader, most).length, most);
    assertThrows(
      () => instancePhrases(sceneOf(most + 1), reader, most),
      LocRefError,
      `The scene has ${
        most + 1
      } instances, and ${reader} takes at most ${most}`,
    );
  }
});
