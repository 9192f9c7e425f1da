import * as v from "valibot";
import { isPlain } from "../core/known_keys.ts";
import { fits } from "../images/resize.ts";
import {
  controlSchema,
  fractionBox,
  initSchema,
  styleSchema,
} from "./edit_schema.ts";
import { combinations } from "./several_pictures.ts";

const numbers = v.tuple(
  [v.number(), v.number(), v.number(), v.number()],
  "must hold four numbers",
);

const boxForms = {
  xyxy: v.strictObject({ xyxy: numbers }),
  xywh: v.strictObject({ xywh: numbers }),
  centre: v.strictObject({ centre: numbers }),
  fraction: v.strictObject({ fraction: numbers }),
  percent: v.strictObject({ percent: numbers }),
};

/** Schema of a box in each of its forms. */
export const boxSchema = v.union(
  [fractionBox, ...Object.values(boxForms)],
  'must be {"x0", "y0", "x1", "y1"} as fractions, or one of {"xyxy"}, {"xywh"}, {"centre"}, {"fraction"} and {"percent"} with four numbers',
);

/** Schema of an instance. */
export const instanceSchema = v.strictObject({
  reference: v.union(
    [v.string(), v.array(v.string())],
    "must be a path or URL, or a list of such",
  ),
  others: v.optional(v.array(v.string())),
  combine: v.optional(v.picklist(
    combinations,
    'must be "concat", "average" or "sum"',
  )),
  box: boxSchema,
  caption: v.optional(v.string()),
  lora: v.optional(v.union(
    [
      v.string(),
      v.strictObject({
        path: v.string(),
        scale: v.optional(v.number()),
        textScale: v.optional(v.number()),
      }),
    ],
    'must be a path, or {"path", "scale", "textScale"}',
  )),
  scale: v.optional(v.number()),
  start: v.optional(v.number()),
  end: v.optional(v.number()),
  negativeCaption: v.optional(v.string()),
  negative: v.optional(v.string()),
  seed: v.optional(v.number()),
  z: v.optional(v.number()),
  region: v.optional(v.string()),
  cutout: v.optional(v.string()),
  fit: v.optional(v.picklist(
    fits,
    'must be "stretch", "contain" or "cover"',
  )),
});

/** Schema of a scene as people and programs write it. */
export const sceneSchema = v.pipe(
  v.custom<object>(isPlain, "must be an object"),
  v.strictObject({
    version: v.optional(v.literal(1, "must be 1"), 1),
    size: v.optional(v.pipe(
      v.custom<object>(isPlain, "must be { width, height } in pixels"),
      v.strictObject({ width: v.number(), height: v.number() }),
    )),
    caption: v.optional(v.string(), ""),
    negative: v.optional(v.string(), ""),
    overlap: v.optional(
      v.picklist(
        ["average", "sum", "top"],
        'must be "average", "sum" or "top"',
      ),
    ),
    init: v.optional(initSchema),
    controls: v.optional(v.array(controlSchema)),
    style: v.optional(styleSchema),
    instances: v.optional(v.array(instanceSchema), []),
  }),
);
