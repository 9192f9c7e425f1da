import * as v from "valibot";
import { LocRefError } from "../../core/error.ts";
import { quote, shorten } from "../../core/quote.ts";
import {
  type Corners,
  type LayoutData,
  objectOrWarning,
} from "./layout_object.ts";

/** Options of {@linkcode readCoco}. */
export interface CocoLayoutOptions {
  /** Name of the picture's file, or its id. @default {the only picture} */
  readonly image?: string | number;
}

const finite = v.pipe(v.number(), v.finite());

const schema = v.looseObject({
  images: v.array(v.looseObject({
    id: v.union([v.number(), v.string()]),
    file_name: v.optional(v.string()),
    width: v.pipe(finite, v.minValue(1)),
    height: v.pipe(finite, v.minValue(1)),
  })),
  annotations: v.array(v.looseObject({
    id: v.optional(v.union([v.number(), v.string()])),
    image_id: v.union([v.number(), v.string()]),
    category_id: v.union([v.number(), v.string()]),
    bbox: v.tuple([finite, finite, finite, finite]),
    iscrowd: v.optional(v.union([v.number(), v.boolean()])),
  })),
  categories: v.array(v.looseObject({
    id: v.union([v.number(), v.string()]),
    name: v.string(),
  })),
});

type Coco = v.InferOutput<typeof schema>;

/**
 * The objects of one picture in annotations of COCO's format. Crowds are left out; with a warning,
 * so are boxes without an area, which COCO's own files hold and pycocotools reads, and those outside
 * of the picture.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` naming file and member, or the pictures to choose from.
 */
export function readCoco(
  text: string,
  file: string,
  { image }: CocoLayoutOptions = {},
): LayoutData {
  const coco = parse(text, file);
  const chosen = chooseImage(coco, file, image);
  const names = new Map(coco.categories.map(({ id, name }) => [id, name]));
  const size = { width: chosen.width, height: chosen.height };
  const warnings: string[] = [];
  const objects = coco.annotations.flatMap((one, i) => {
    if (one.image_id !== chosen.id || one.iscrowd) return [];
    const place = `${file}: annotation ${i + 1}`;
    const name = names.get(one.category_id);
    if (name === undefined || name.trim() === "") {
      throw new LocRefError(
        "file-invalid",
        `${place} has category ${
          quote(one.category_id)
        }, which the file does not name`,
      );
    }
    const [x, y, width, height] = one.bbox;
    const corners: Corners = [x, y, x + width, y + height];
    const named = one.id === undefined
      ? place
      : `${file}: annotation with id ${quote(one.id)}`;
    return objectOrWarning(name, corners, {
      ...{ size, place, named, unit: "pixels", warnings },
    });
  });
  return { size, objects, warnings };
}

function parse(text: string, file: string): Coco {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const reason = shorten((cause as Error).message, 120);
    const message = `${file} is not JSON (${reason})`;
    throw new LocRefError("file-invalid", message, { cause });
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = (issue.path ?? []).map(({ key }) => String(key)).join(".");
  throw new LocRefError(
    "file-invalid",
    `${file} holds no annotations of COCO: ${
      path === "" ? "it" : quote(path)
    } is ${quote(issue.input)}`,
  );
}

function chooseImage(
  { images }: Coco,
  file: string,
  image: string | number | undefined,
): Coco["images"][number] {
  const found = image === undefined ? images : named(images, image);
  if (found.length === 1) return found[0]!;
  if (images.length === 0) {
    throw new LocRefError("file-invalid", `${file} holds no picture`);
  }
  const some = images.slice(0, 3)
    .map(({ id, file_name }) => quote(file_name ?? id));
  throw new LocRefError(
    "file-invalid",
    image === undefined
      ? `${file} holds ${images.length} pictures: choose one with { image }, such as ${
        some.join(", ")
      }`
      : `${file} holds no picture ${
        quote(image)
      }: it holds ${images.length}, such as ${some.join(", ")}`,
  );
}

/** The pictures of an id or a file's name, whose folder may be left out. */
function named(
  images: Coco["images"],
  image: string | number,
): Coco["images"] {
  const exact = images.filter(({ id, file_name }) =>
    id === image || file_name === image
  );
  return exact.length > 0
    ? exact.slice(0, 1)
    : images.filter(({ file_name }) => file_name?.split("/").at(-1) === image);
}
