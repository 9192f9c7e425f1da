/** Mistakes in previews, sweeps and data sets. */

import { saveCoco, sweep } from "../../../mod.ts";
import { type Any, holds, one, picture, whole } from "../../mistakes.ts";

holds("previews, sweeps and data sets", [
  [
    () => one().preview({ modle: "sd15" } as Any),
    'Option "modle" of preview is not known, did you mean "model"?',
  ],
  [
    () => one().preview({ model: "sdxl" as Any }),
    'Option model is "sdxl": it must be a loaded model or "pocket" or "sd15"',
  ],
  [
    () => one().preview({ is: 1 as Any }),
    "Option is of preview must be true or false, got 1",
  ],
  [
    () => one().preview(3 as Any),
    "Options of preview must be an object, got 3",
  ],
  [
    () => sweep(one(), { seeds: 3 as Any }).next(),
    "Option seeds of sweep must be a list of seeds, such as [0, 1, 2], got 3",
  ],
  [
    () => sweep(one(), { seeds: [1.5] }).next(),
    "Option seeds is [1.5]: it must be a list of seeds, such as [0, 1, 2]",
  ],
  [
    () => sweep(one(), { seed: 3 } as Any).next(),
    'Option "seed" of sweep is called "seeds" here',
  ],
  [
    () => sweep(one(), { sedes: [3] } as Any).next(),
    'Option "sedes" of sweep is not known, did you mean "seeds"?',
  ],
  [
    () => sweep(one(), { references: "a.png" as Any }).next(),
    'Option references of sweep must be a list of lists of references, got the string "a.png"',
  ],
  [
    () => sweep(one(), { references: ["a.png"] as Any }).next(),
    'Option references is ["a.png"]: it must be a list of lists of references',
  ],
  [
    () => sweep(one(), { boxes: [whole] as Any }).next(),
    "Option boxes is [{ unit, xyxy }]: it must be a list of lists of boxes",
  ],
  [
    () => sweep(Promise.resolve(one()) as Any).next(),
    "What sweep varies must be a scene, got a promise (is an await missing?)",
  ],
  [
    () => saveCoco("out", picture as Any),
    "Pictures of saveCoco must be a list of pictures, or what sweep gives, got a Picture",
  ],
  [
    () => saveCoco("out", [3] as Any),
    "Picture 1 of saveCoco must be a picture that generate made, got 3",
  ],
  [
    () => saveCoco(undefined as Any, []),
    "Folder of saveCoco must be a folder's path, got nothing",
  ],
  [
    () => saveCoco("out", [], { categoreis: [] } as Any),
    'Option "categoreis" of saveCoco is not known, did you mean "categories"?',
  ],
  [
    () => saveCoco("out", [], { categories: "dog" as Any }),
    'Option categories of saveCoco must be a list of class names, got the string "dog"',
  ],
]);
