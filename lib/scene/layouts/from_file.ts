import { checkOptions, checkValue } from "../../core/check_options.ts";
import { either, list, number, text } from "../../core/kinds.ts";
import { quote } from "../../core/quote.ts";
import { readSource } from "../../images/read_source.ts";
import { checkDistinct } from "../../scene_data/labels.ts";
import type { LayoutData } from "./layout_object.ts";
import { PictureLayout } from "./picture_layout.ts";
import { type CocoLayoutOptions, readCoco } from "./read_coco.ts";
import { readSvg } from "./read_svg.ts";
import { readVoc } from "./read_voc.ts";
import { readYolo, type YoloLayoutOptions } from "./read_yolo.ts";

/** A file of annotations: its path, a `file:` URL, or its bytes. */
export type LayoutFile = string | URL | Uint8Array;

/** Largest file of annotations, in bytes: COCO's own of 118,000 pictures takes half a gigabyte. */
const mostBytes = 2 ** 30;

/** The objects of one picture in annotations of COCO's format. */
export async function fromCoco(
  file: LayoutFile,
  options: CocoLayoutOptions = {},
): Promise<PictureLayout> {
  checkOptions<CocoLayoutOptions>(options, {
    of: "layout.fromCoco",
    fields: { image: either(text("a file's name"), number()) },
    elsewhere: { file_name: "image", id: "image", image_id: "image" },
  });
  return await read(file, (text, name) => readCoco(text, name, options));
}

/** The objects of a label file of YOLO. */
export async function fromYolo(
  file: LayoutFile,
  options: YoloLayoutOptions,
): Promise<PictureLayout> {
  checkOptions<YoloLayoutOptions>(options, {
    of: "layout.fromYolo",
    fields: { names: list("a list of class names", text()) },
    elsewhere: { classes: "names", categories: "names" },
  });
  checkValue(options?.names, list("a list of class names", text()), {
    name: "Option names of layout.fromYolo",
  });
  checkDistinct(options.names, "Option names of layout.fromYolo");
  return await read(file, (text, name) => readYolo(text, name, options));
}

/** The objects of an annotation of Pascal VOC. */
export function fromVoc(file: LayoutFile): Promise<PictureLayout> {
  return read(file, readVoc);
}

/** The named rectangles of an SVG. */
export function fromSvg(file: LayoutFile): Promise<PictureLayout> {
  return read(file, readSvg);
}

async function read(
  file: LayoutFile,
  parse: (text: string, name: string) => LayoutData | Promise<LayoutData>,
): Promise<PictureLayout> {
  checkValue(file, {
    must: "the path of a file, a URL, or its bytes",
    is: (value) =>
      typeof value === "string" || value instanceof URL ||
      value instanceof Uint8Array,
    allows: (value: LayoutFile) => typeof value !== "string" || value !== "",
  }, { name: "File of a layout" });
  if (file instanceof Uint8Array) {
    return new PictureLayout(await parse(decode(file), "Layout"));
  }
  const source = file instanceof URL ? file.href : file;
  const name = `Layout ${quote(source)}`;
  const limits = { bytes: mostBytes };
  const bytes = await readSource(source, { name, limits });
  return new PictureLayout(await parse(decode(bytes), name));
}

/** Text of UTF-8, or of UTF-16 where its first bytes say so. */
function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const wide = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  return new TextDecoder(wide).decode(bytes);
}
