import { decodeImage } from "../../lib/images/decode.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import { resizeRaster } from "../../lib/images/resize.ts";
import { mean } from "../bootstrap.ts";
import { boxIou, type Detection } from "../nms.ts";
import { pathOf, type PictureRecord } from "./record.ts";
import { escapeHtml } from "./report_style.ts";

/** One scene in every column. */
export interface GalleryScene {
  readonly key: string;
  readonly records: readonly {
    readonly name: string;
    readonly record: PictureRecord;
  }[];
}

/** Longest side of a picture in the report, in pixels. */
const longest = 256;

/** Rows of pictures with their boxes. */
export async function gallery(
  scenes: readonly GalleryScene[],
  { out }: { out: string },
): Promise<string> {
  const rows: string[] = [];
  for (const { records } of scenes) {
    const figures: string[] = [];
    for (const { name, record } of records) {
      figures.push(await figure(name, record, out));
    }
    rows.push(`<div class="scene">${figures.join("\n")}</div>`);
  }
  return rows.join("\n");
}

async function figure(
  name: string,
  record: PictureRecord,
  out: string,
): Promise<string> {
  const source = await thumbnail(
    `${pathOf(out, record.column, record.key)}.png`,
  );
  const { instances } = record;
  const numbers = [
    ["IoU", instances.flatMap(({ iou }) => iou ?? [])],
    ["CLIP-I", instances.flatMap(({ clipI }) => clipI ?? [])],
  ] as const;
  const words = numbers.filter(([, values]) => values.length > 0)
    .map(([label, values]) => `${label} ${mean(values).toFixed(2)}`);
  const alt = `${name}, scene ${record.key}`;
  return `<figure><div class="picture"><img src="${source}" alt="${
    escapeHtml(alt)
  }"><svg viewBox="0 0 1 1" preserveAspectRatio="none">${
    boxes(record)
  }</svg></div><figcaption><b>${escapeHtml(name)}</b><br>${
    words.join(", ")
  }</figcaption></figure>`;
}

function boxes({ instances, detections }: PictureRecord): string {
  return instances.map(({ box }) => {
    const best = bestFit(box, detections);
    return rectangle(box, "ask") + (best ? rectangle(best, "found") : "");
  }).join("");
}

function bestFit(
  box: readonly number[],
  detections: readonly Detection[],
): readonly number[] | undefined {
  const fits = detections.filter(({ score }) => score >= 0.25)
    .map((one) => ({ box: one.box, iou: boxIou(one.box, box) }))
    .filter(({ iou }) => iou > 0.1);
  return fits.sort((a, b) => b.iou - a.iou)[0]?.box;
}

function rectangle([x0, y0, x1, y1]: readonly number[], kind: string): string {
  const [x, y, width, height] = [x0!, y0!, x1! - x0!, y1! - y0!].map((value) =>
    Number(value.toFixed(4))
  );
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}"/>`;
}

async function thumbnail(path: string): Promise<string> {
  const picture = await decodeImage(path, { name: path });
  const ratio = Math.min(1, longest / Math.max(picture.width, picture.height));
  const small = await resizeRaster(picture, {
    width: Math.max(1, Math.round(picture.width * ratio)),
    height: Math.max(1, Math.round(picture.height * ratio)),
  });
  const bytes = await encodeImage(small, {
    format: ratio === 1 ? "png" : "webp",
  });
  const type = ratio === 1 ? "png" : "webp";
  return `data:image/${type};base64,${bytes.toBase64()}`;
}
