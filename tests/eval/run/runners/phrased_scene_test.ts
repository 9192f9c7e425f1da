import { assertEquals } from "@std/assert";
import type { Adapter } from "../../../../lib/adapters/adapter.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { phrasedScene } from "../../../../eval/run/runners/phrased_scene.ts";

const three = [undefined, "a red cup", undefined].reduce(
  (made, caption) =>
    made.place("x.png", box.percent(0, 0, 50, 50), { caption }),
  scene().caption("things"),
).toJSON();
const given = {
  ...{ key: "a", cutOut: three, withBackground: three },
  categories: ["cat", "cup", "dog"],
};
const reading = (...reads: Adapter["reads"]) => [{ reads } as Adapter];
const captions = (one: typeof three) =>
  one.instances.map(({ caption }) => caption);

Deno.test("systems that place captions read an instance's own, else its words, else its class", () => {
  assertEquals(captions(phrasedScene(given, reading("instances"))), [
    ...["cat", "a red cup", "dog"],
  ]);
  const phrases = ["a grey cat", "cup", "a big dog"];
  assertEquals(
    captions(phrasedScene({ ...given, phrases }, reading("instances"))),
    ["a grey cat", "a red cup", "a big dog"],
  );
});

Deno.test("LocRef's captions stay as they are", () => {
  const made = phrasedScene(given, reading("instances", "captions"));
  assertEquals(made, three);
});
