/** Mistakes that would otherwise be dropped in silence, and what importing the package loads. */

import { assertEquals } from "@std/assert";
import {
  gallery,
  LocRef,
  samplers,
  saveCoco,
  scene,
  sweep,
  table,
} from "../mod.ts";
import {
  type Any,
  begin,
  generate,
  holds,
  one,
  picture,
  place,
  placeBox,
  whole,
} from "./mistakes.ts";

holds("what would otherwise be dropped in silence", [
  [
    () => (begin() as Any).caption("a star", "a moon"),
    'Call caption(text) takes no further argument, got "a moon"',
  ],
  [
    () => (begin() as Any).place("a.png", whole, {}, { scale: 1 }),
    "Call place(reference, box, options) takes no further argument, got { scale: 1 }",
  ],
  [
    () => (one() as Any).generate({}, { seed: 3 }),
    "Call generate(options) takes no further argument, got { seed: 3 }",
  ],
  [
    () => (one() as Any).steps({}, 3).next(),
    "Call steps(options) takes no further argument, got 3",
  ],
  [
    () => (LocRef.load as Any)("pocket", {}, 1),
    "Call LocRef.load(name, options) takes no further argument, got 1",
  ],
  [
    () => new (LocRef as Any)(),
    "A model is made by LocRef.load(name), not by new",
  ],
  [
    () => scene(undefined, 512),
    "A scene's height needs a width: scene(width, height), got nothing and 512",
  ],
  [
    generate(new Map([["seed", 3]])),
    "Options of generate must be an object, got a Map",
  ],
  [
    generate({ size: new Map() }),
    "Option size of generate must be { width, height } in pixels, got a Map",
  ],
  [
    // deno-lint-ignore no-sparse-arrays
    placeBox({ unit: "px", xyxy: [0, , 1, 1] }),
    'Instance 1 ("a.png"): box [0, nothing, 1, 1] px must hold four finite numbers',
  ],
  [
    // deno-lint-ignore no-sparse-arrays
    () => sweep(one(), { seeds: [1, , 2] as Any }).next(),
    "Option seeds is [1, , 2]: it must be a list of seeds, such as [0, 1, 2]",
  ],
  [
    () => scene.from({ size: [64, 64] }),
    "Scene: size must be { width, height } in pixels, got [64, 64]",
  ],
  [
    place({ scale: 1e9 }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got 1000000000',
  ],
  [
    generate({ fusion: { tau: 1e30 } }),
    "Fusion option tau is 1e+30: it must be a number from 0 to 1000",
  ],
  [
    generate({ deepEvery: 1e9 }),
    "Option deepEvery is 1000000000: it must be a whole number from 1 to 1000",
  ],
  [
    () => {
      const bytes = new Uint8Array(4);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return begin().place(bytes, whole);
    },
    "Instance 1: reference is a Uint8Array whose bytes were transferred elsewhere: give a copy",
  ],
  [
    () => picture.save("out/a.png", { format: "jpeg" }),
    'Option format is "jpeg", but the name "out/a.png" is one of a png file',
  ],
  [
    () => picture.save("out/a.png", { quality: 50 }),
    "Option quality is 50: it is for webp and jpeg, a PNG file loses nothing",
  ],
  [
    () => picture.save("out/a.png", { scale: 17 }),
    "Option scale is 17: it must be a whole number from 1 to 16",
  ],
  [
    () => picture.save("out/a.png", { enlarge: "nearest" }),
    'Option enlarge is "nearest": it goes with scale, which is missing',
  ],
  [
    () => picture.save("out/a.jpg", { provenance: "full" }),
    'Option provenance is "full": only a PNG file holds it, and this one is jpeg',
  ],
  [
    () => saveCoco("out", []),
    "Pictures of saveCoco must be one at least, got none: a generator that was read to its end has no more",
  ],
  [
    () => saveCoco("out", [picture], { categories: ["star", "star"] }),
    'Option categories of saveCoco must differ, but "star" is given twice',
  ],
  [
    () => saveCoco("out", [picture], { categories: [] }),
    'An instance is a "star", which is no class, since there are none',
  ],
  [
    () => picture.labels("yolo", ["a", "a"]),
    'Names of labels must differ, but "a" is given twice',
  ],
  [
    () => gallery({ a: { width: 10, height: 10, data: new Uint8Array(3) } }),
    'Picture "a" of gallery must be four bytes a pixel, got 3 bytes for 10 × 10 pixels',
  ],
  [
    () => table([{ a: 1 }, { a: Promise.resolve(1) as Any }]),
    'Cell "a" of row 2 of table must be a string, a number, true, false or null, got a promise (is an await missing?)',
  ],
  [
    () => samplers.add(undefined as Any),
    "Options of samplers.add must be an object, got nothing",
  ],
  [
    () => samplers.add({ name: "mine" } as Any),
    "Option summary of samplers.add must be a string, got nothing",
  ],
  [
    () => picture.save(`${"x".repeat(1e6)}.gif`),
    `Cannot write a picture to "${
      "x".repeat(79)
    }…": its name must end in .png, .webp, .jpg or .jpeg`,
  ],
]);

Deno.test("importing the package loads no code of models", async () => {
  const root = new URL("../", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "mod.ts"],
    cwd: root,
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout));
  const known = new Map<string, Any>(
    modules.map((module: Any) => [module.specifier, module]),
  );
  const reached = new Set<string>(roots);
  for (const specifier of reached) {
    for (
      const { code, isDynamic } of known.get(specifier)?.dependencies ?? []
    ) {
      if (!isDynamic && code?.specifier) reached.add(code.specifier);
    }
  }
  const heavy = ["lib/pipeline/load/load_model", "lib/bases/", "lib/encoders/"];
  assertEquals(
    [...reached].filter((one) =>
      heavy.some((part) => one.startsWith(new URL(part, root).href))
    ),
    [],
  );
});
