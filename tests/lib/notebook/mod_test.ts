/** Mistakes in saving and showing. */

import { gallery, shown, showSteps, table } from "../../../mod.ts";
import { AttentionTrace } from "../../../lib/pipeline/attention_trace.ts";
import { type Any, holds, one, picture } from "../../mistakes.ts";

const trace = new AttentionTrace(one().toJSON(), [], picture);
holds("saving and showing", [
  [
    () => picture.save(undefined as Any),
    'Path to save to must be a file\'s path, such as "out/picture.png", got nothing',
  ],
  [
    () => picture.save("out/a.gif"),
    'Cannot write a picture to "out/a.gif": its name must end in .png, .webp, .jpg or .jpeg',
  ],
  [
    () => picture.save("out"),
    'Cannot write a picture to "out": its name must end in .png, .webp, .jpg or .jpeg',
  ],
  [
    () => picture.save("a.png", { qualty: 3 } as Any),
    'Option "qualty" of save is not known, did you mean "quality"?',
  ],
  [
    () => picture.save("a.png", "webp" as Any),
    'Options of save must be an object, got "webp"',
  ],
  [
    () => picture.save("a.jpg", { quality: 0 }),
    "Option quality is 0: it must be a whole number from 1 to 100",
  ],
  [
    () => picture.encode({ format: "gif" as Any }),
    'Option format is "gif": it must be "png", "webp" or "jpeg"',
  ],
  [
    () => picture.labels("voc" as Any),
    'Labels are "coco" or "yolo", got "voc"',
  ],
  [
    () => picture.labels("yolo", "dog" as Any),
    'Names of labels must be a list of class names, got the string "dog"',
  ],
  [
    () => gallery([] as Any),
    "Pictures of gallery must be an object of titled pictures, such as { first: picture }, got []",
  ],
  [
    () => gallery({ a: one().generate({ steps: 0 }).catch(() => {}) } as Any),
    'Picture "a" of gallery must be a picture, got a promise (is an await missing?)',
  ],
  [
    () => gallery({ a: picture }, { colums: 2 } as Any),
    'Option "colums" of gallery is not known, did you mean "columns"?',
  ],
  [
    () => gallery({ a: picture }, { columns: 0 }),
    "Option columns is 0: it must be a whole number from 1 to 100",
  ],
  [
    () => table([], { digit: 2 } as Any),
    'Option "digit" of table is not known, did you mean "digits"?',
  ],
  [
    () => table({ a: 1 } as Any),
    "Rows of table must be a list of objects, got { a: 1 }",
  ],
  [
    () => shown("text" as Any),
    'What shown shows must be texts by media type, such as { "text/html": "<b>a</b>" }, got "text"',
  ],
  [
    () => showSteps(one().generate({ steps: 0 }).catch(() => {}) as Any),
    "What showSteps shows must be what scene.steps() returns, got a promise (is an await missing?)",
  ],
  [
    () => showSteps(one().steps(), { evry: 2 } as Any),
    'Option "evry" of showSteps is not known, did you mean "every"?',
  ],
  [
    () => showSteps(one().steps(), { every: 0 }),
    "Option every is 0: it must be a whole number of at least 1",
  ],
  [
    () => trace.map(3),
    'Nothing was traced for 3: the term must be "text", "composite", or the index of an instance, from 0, of a scene of 1 instance',
  ],
  [
    () => trace.map(0, { form: 2 } as Any),
    'Option "form" of map is not known, did you mean "from"?',
  ],
]);
