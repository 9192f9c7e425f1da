import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import {
  type Corners,
  type LayoutData,
  objectOrWarning,
} from "./layout_object.ts";
import { childOf, type Element, readXml } from "./xml.ts";

/**
 * The objects of an annotation of Pascal VOC, whose pixels count from 1. Boxes without an area are left
 * out with a warning.
 *
 * @param file how messages name the file.
 * @throws {LocRefError} `file-invalid` naming file and member.
 */
export async function readVoc(text: string, file: string): Promise<LayoutData> {
  const root = await readXml(text, file);
  const size = childOf(root, "size");
  if (root.name !== "annotation" || size === undefined) {
    throw new LocRefError(
      "file-invalid",
      `${file} holds no annotation of Pascal VOC: it is a ${quote(root.name)} ${
        size === undefined ? "without a size" : ""
      }`.trimEnd(),
    );
  }
  const side = (key: "width" | "height") => {
    const value = number(size, key, file);
    if (value > 0) return value;
    throw new LocRefError(
      "file-invalid",
      `${file}: "${key}" of the picture must be above 0, got ${value}`,
    );
  };
  const picture = { width: side("width"), height: side("height") };
  const found = root.children.filter(({ name }) => name === "object");
  const warnings: string[] = [];
  const objects = found.flatMap((object, i) => {
    const place = `${file}: object ${i + 1}`;
    const bounds = childOf(object, "bndbox");
    const name = childOf(object, "name")?.text;
    if (bounds === undefined || name === undefined || name === "") {
      throw new LocRefError(
        "file-invalid",
        `${place} needs a "name" and a "bndbox"`,
      );
    }
    const [x0, y0, x1, y1] = ["xmin", "ymin", "xmax", "ymax"].map((key) =>
      number(bounds, key, place)
    );
    const corners: Corners = [x0! - 1, y0! - 1, x1!, y1!];
    return objectOrWarning(name, corners, {
      ...{ size: picture, place, unit: "pixels", warnings },
    });
  });
  return { size: picture, objects, warnings };
}

function number(parent: Element, key: string, place: string): number {
  const text = childOf(parent, key)?.text;
  const value = Number(text);
  if (text !== undefined && text !== "" && Number.isFinite(value)) return value;
  throw new LocRefError(
    "file-invalid",
    `${place}: "${key}" must be a number, got ${quote(text)}`,
  );
}
