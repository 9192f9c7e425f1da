import { assert, assertEquals } from "@std/assert";
import { areAlike } from "../../../eval/naming/names.ts";
import {
  type NamedScene,
  namingKey,
  type NamingRun,
} from "../../../eval/naming/naming_key.ts";

const objects = [
  ...["mouse", "mouse face", "computer mouse", "lion", "key", "old key"],
  ...["yo-yo", "ice", "taco", "rose", "bread", "flatbread", "star", "bus"],
].map((name) => ({
  name,
  subgroup: ["mouse", "mouse face", "lion"].includes(name) ? "animal" : name,
}));

const scenes = Array.from({ length: 9 }, (_, i): NamedScene => ({
  size: i % 2 === 0 ? { width: 128, height: 128 } : { width: 160, height: 120 },
  caption: "a mouse and a lion on a finely striped pink ground",
  ground: i === 0 ? "pink" : "finely striped pink",
  objects: objects.filter(({ name }) => name === "mouse" || name === "lion"),
}));

const equal = (a: unknown, b: unknown) =>
  JSON.stringify(a) === JSON.stringify(b);

function keyOf(seed: number) {
  const run: NamingRun = {
    ...{ seed, scenes: scenes.length, sizes: ["128x128", "160x120"] },
    ...{ steps: null, model: { name: "pocket", files: {} } },
  };
  return namingKey(run, scenes, objects);
}

Deno.test("the truth is among four names, the others of other classes and without its words", () => {
  const all = keyOf(1).scenes.flatMap((one) => one.objects);
  assertEquals(all.length, 18);
  for (const { name, choices } of all) {
    assertEquals(choices.length, 4);
    assertEquals(choices.filter((one) => one === name).length, 1);
    const animals = choices.filter((one) => /^(mouse|lion)/.test(one));
    assertEquals(animals, [name]);
    const pairs = choices.flatMap((a, i) =>
      choices.slice(i + 1).map((b) => areAlike(a, b))
    );
    assert(!pairs.includes(true), choices.join());
  }
  const places = all.map(({ name, choices }) => choices.indexOf(name));
  assert(new Set(places).size > 1);
});

Deno.test("references of a sheet are its objects, in another order", () => {
  const { scenes, references } = keyOf(1);
  assertEquals(scenes.map(({ sheet }) => sheet), [1, 1, 1, 1, 1, 1, 1, 1, 2]);
  for (const sheet of [1, 2]) {
    const own = references.filter(({ label }) => label.startsWith(`${sheet}.`));
    const objects = scenes.filter((one) => one.sheet === sheet)
      .flatMap(({ objects }) => objects.map(({ label }) => label));
    const found = own.map(({ object }) => object);
    assertEquals(found.toSorted(), objects.toSorted());
    if (sheet === 1) assert(!equal(found, objects));
    assertEquals(
      own.map(({ label }) => label),
      objects.map((_, i) => `${sheet}.R${i + 1}`),
    );
  }
});

Deno.test("the key names sizes and patterns, and depends on the seed alone", () => {
  const key = keyOf(1);
  assertEquals(
    key.scenes.slice(0, 2).map(({ size, pattern }) => [size, pattern]),
    [["128x128", "plain"], ["160x120", "striped"]],
  );
  assertEquals(keyOf(1), key);
  const other = keyOf(2);
  assert(!equal(other.references, key.references));
  assert(!equal(other.scenes, key.scenes));
});
