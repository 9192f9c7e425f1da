/** Mistakes in instances and boxes. */

import { box } from "../../mod.ts";
import {
  type Any,
  holds,
  one,
  place,
  placeBox,
  placeReference,
  whole,
} from "../mistakes.ts";

holds("instances", [
  [
    place({ scael: 0.1 }),
    'Option "scael" of place is not known, did you mean "scale"?',
  ],
  [
    place({ strength: 0.1 }),
    'Option "strength" of place is called "scale" here',
  ],
  [place({ prompt: "a" }), 'Option "prompt" of place is called "caption" here'],
  [
    place({ negative_prompt: "a" }),
    'Option "negative_prompt" of place is called "negativeCaption" here',
  ],
  [place(0.5), "Options of place must be an object, got 0.5"],
  [place(null), "Options of place must be an object, got null"],
  [
    place({ scale: "7" }),
    'Instance 1 ("a.png"): scale must be a number, got the string "7"',
  ],
  [
    place({ scale: NaN }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got NaN',
  ],
  [
    place({ scale: Infinity }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got Infinity',
  ],
  [
    place({ caption: ["a"] }),
    'Instance 1 ("a.png"): caption must be a string, got ["a"]',
  ],
  [
    place({ cutout: true }),
    'Instance 1 ("a.png"): cutout must be "alpha", "model", "none", or the path of a mask, got true',
  ],
  [
    place({ start: null }),
    'Instance 1 ("a.png"): start must be a number, got null',
  ],
  [
    place({ z: "top" }),
    'Instance 1 ("a.png"): z must be a number, got the string "top"',
  ],
  [
    place({ seed: 1.5 }),
    'Instance 1 ("a.png"): seed must be a whole number of 0 or more, got 1.5',
  ],
  [
    () => one().change(0, { scael: 1 } as Any),
    'Option "scael" of change is not known, did you mean "scale"?',
  ],
  [
    () => one().change(0, undefined as Any),
    "Options of change must be an object, got nothing",
  ],
  [
    () => one().change("0" as Any, {}),
    'There is no instance "0": the scene has 1 instance, counted from 0',
  ],
  [
    () => one().remove(undefined as Any),
    "There is no instance nothing: the scene has 1 instance, counted from 0",
  ],
  [
    placeReference(undefined),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got nothing",
  ],
  [
    placeReference({ reference: "a", box: whole }),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got { reference, box }",
  ],
  [
    placeReference(Deno.readFile("examples/assets/star.png")),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got a promise (is an await missing?)",
  ],
  [placeReference(""), 'Instance 1 (""): reference must be a path or URL'],
]);

const made =
  "box must be made by box.xyxy, box.xywh, box.centre, box.fraction or box.percent";
holds("boxes", [
  [
    placeBox([1, 2, 30, 40]),
    `Instance 1 ("a.png"): ${made}, got [1, 2, 30, 40], did you mean box.xyxy(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ xyxy: [1, 2, 30, 40] }),
    `Instance 1 ("a.png"): ${made}, got { xyxy }, did you mean box.xyxy(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ percent: [1, 2, 30, 40] }),
    `Instance 1 ("a.png"): ${made}, got { percent }, did you mean box.percent(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ box: whole }),
    `Instance 1 ("a.png"): ${made}, got { box }, did you mean its member box?`,
  ],
  [
    placeBox({ x: 1, y: 2, width: 3, height: 4 }),
    `Instance 1 ("a.png"): ${made}, got { x: 1, y: 2, width: 3, height: 4 }, did you mean box.xywh(1, 2, 3, 4)?`,
  ],
  [
    placeBox({ x0: 0, y0: 0, x1: 1, y1: 1 }),
    `Instance 1 ("a.png"): ${made}, got { x0: 0, y0: 0, x1: 1, y1: 1 }, did you mean box.fraction(0, 0, 1, 1)?`,
  ],
  [placeBox(undefined), `Instance 1 ("a.png"): ${made}, got nothing`],
  [
    placeBox(Promise.resolve(whole)),
    `Instance 1 ("a.png"): ${made}, got a promise (is an await missing?)`,
  ],
  [placeBox("1,2,3,4"), `Instance 1 ("a.png"): ${made}, got "1,2,3,4"`],
  [
    () => one().change(0, { box: [1, 2, 3, 4] as Any }),
    `Instance 1 ("examples/assets/star.png"): ${made}, got [1, 2, 3, 4], did you mean box.xyxy(1, 2, 3, 4)?`,
  ],
  [
    () => (box.xyxy as Any)([1, 2, 3, 4]),
    "Maker box.xyxy takes four numbers, x0, y0, x1, y1, got [1, 2, 3, 4]",
  ],
  [
    () => (box.xywh as Any)(1, 2, 3),
    "Maker box.xywh takes four numbers, x, y, width, height, got 1, 2, 3",
  ],
  [
    () => (box.percent as Any)("1", 2, 3, 4),
    'Maker box.percent takes four numbers, x0, y0, x1, y1, got "1", 2, 3, 4',
  ],
  [
    () => (box.fraction as Any)(),
    "Maker box.fraction takes four numbers, x0, y0, x1, y1, got nothing",
  ],
  [
    placeBox(box.xyxy(NaN, 0, 1, 1)),
    'Instance 1 ("a.png"): box [NaN, 0, 1, 1] px must hold four finite numbers',
  ],
]);
