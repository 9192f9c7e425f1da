/** Mistakes in scenes and layouts. */

import { layout, scene } from "../../mod.ts";
import { type Any, begin, holds } from "../mistakes.ts";

holds("scenes", [
  [
    () => scene({ width: 64, height: 64 } as Any),
    "Scene: width must be a whole number from 1 to 16384, got { width: 64, height: 64 }: the size is two numbers, scene(width, height)",
  ],
  [
    () => scene("512" as Any),
    'Scene: width must be a whole number from 1 to 16384, got the string "512": the size is two numbers, scene(width, height)',
  ],
  [
    () => scene([512, 512] as Any),
    "Scene: width must be a whole number from 1 to 16384, got [512, 512]: the size is two numbers, scene(width, height)",
  ],
  [
    () => scene(0),
    "Scene: width must be a whole number from 1 to 16384, got 0",
  ],
  [
    () => scene(512, 1e9),
    "Scene: height must be a whole number from 1 to 16384, got 1000000000",
  ],
  [
    () => scene(512, NaN),
    "Scene: height must be a whole number from 1 to 16384, got NaN",
  ],
  [
    () => (scene as Any)(64, 64, { seed: 1 }),
    "A scene begins with scene(width, height), got 3 arguments: options are those of its methods",
  ],
  [
    () => begin().caption(undefined as Any),
    "Caption of the scene must be a string, got nothing",
  ],
  [
    () => begin().caption(["a"] as Any),
    'Caption of the scene must be a string, got ["a"]',
  ],
  [
    () => begin().negative(5 as Any),
    "Negative caption of the scene must be a string, got 5",
  ],
  [
    () => begin().overlap(undefined as Any),
    'Overlap of the scene must be "average", "sum" or "top", got nothing',
  ],
  [
    () => begin().overlap("mean" as Any),
    'Scene: overlap must be "average", "sum" or "top", got "mean"',
  ],
  [
    () => scene.from({ captoin: "x" }),
    'Scene: unknown key "captoin" in the scene, did you mean "caption"?',
  ],
  [
    () => scene.from({ size: { widht: 3, height: 3, width: 3 } }),
    'Scene: unknown key "widht" in size, did you mean "width"?',
  ],
  [
    () =>
      scene.from({
        instances: [{
          reference: "a",
          box: { percent: [0, 0, 9, 9] },
          scael: 1,
        }],
      }),
    'Scene: unknown key "scael" in instances[0], did you mean "scale"?',
  ],
  [
    () =>
      scene.from({
        instances: [{
          reference: "a",
          box: { percent: [0, 0, 9, 9] },
          scale: "1",
        }],
      }),
    'Scene: instances[0].scale must be a number, got the string "1"',
  ],
  [
    () => scene.from(Promise.resolve({})),
    "Scene: the scene must be an object, got a promise (is an await missing?)",
  ],
  [() => scene.from(null), "Scene: the scene must be an object, got null"],
  [
    () => scene.from({ prompt: "a" }),
    'Scene: unknown key "prompt" in the scene, it is called "caption" here',
  ],
  [
    () => scene.from({ instances: [{ reference: "a", bbox: [1, 2, 3, 4] }] }),
    'Scene: unknown key "bbox" in instances[0], it is called "box" here',
  ],
  [() => scene.from({ size: { width: 64 } }), 'Scene: size lacks "height"'],
  [
    () => scene.from({}, { folde: "a" } as Any),
    'Option "folde" of scene.from is not known, did you mean "folder"?',
  ],
  [
    () => scene.from({}, { folder: 3 } as Any),
    "Option folder of scene.from must be a folder's path, got 3",
  ],
  [
    () => scene.fromImage(undefined as Any),
    "What scene.fromImage reads must be the path of a PNG file, or its bytes, got nothing",
  ],
]);

holds("layouts", [
  [
    () => layout.row("2" as Any),
    'Layout needs a whole number of boxes of at least 1, got "2"',
  ],
  [
    () => layout.row(undefined as Any),
    "Layout needs a whole number of boxes of at least 1, got nothing",
  ],
  [
    () => layout.grid(1e9),
    "Layout needs a whole number of boxes of at least 1, got 1000000000, and 1000 at most",
  ],
  [
    () => layout.row(2, { gpa: 0.1 } as Any),
    'Option "gpa" of layout.row is not known, did you mean "gap"?',
  ],
  [
    () => layout.row(2, { columns: 1 } as Any),
    'Option "columns" of layout.row is not known, known are margin, gap',
  ],
  [
    () => layout.grid(2, { margin: "1" } as Any),
    'Option margin of layout.grid must be a number from 0 to 1, got the string "1"',
  ],
  [
    () => layout.scatter(2, { seed: -1 }),
    "Option seed is -1: it must be a whole number from 0 to 2^53 - 1",
  ],
  [
    () => layout.scatter(2, { sede: 1 } as Any),
    'Option "sede" of layout.scatter is not known, did you mean "seed"?',
  ],
]);
