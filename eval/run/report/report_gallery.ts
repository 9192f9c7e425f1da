/** Pictures of the report: references, and what every column made of them, with boxes. */

import { decodeImage } from "../../../lib/images/decode.ts";
import { encodeImage } from "../../../lib/images/encode.ts";
import type { Raster } from "../../../lib/images/raster.ts";
import { resizeRaster } from "../../../lib/images/resize.ts";
import { readInstances } from "../../../lib/pipeline/prepare/read_instances.ts";
import { mean } from "../bootstrap.ts";
import { overlay } from "./report_overlay.ts";
import { pathOf, type PictureRecord } from "../record.ts";
import { escapeHtml } from "../../../lib/core/escape_html.ts";
import type { EvaluationScene } from "../scene_source.ts";

/** One scene in every column. */
export interface GalleryScene {
  readonly scene: EvaluationScene;
  readonly records: readonly {
    readonly name: string;
    readonly record: PictureRecord;
  }[];
}

/** Longest sides of pictures and of references in the report, in pixels. */
const longest = 256, longestReference = 128;

/** A heading, the references, and a picture of each column. */
export async function galleryScene(
  { scene, records }: GalleryScene,
  { out, classes }: { out: string; classes: readonly string[] },
): Promise<string> {
  const figures = [await references(scene)];
  for (const { name, record } of records) {
    const path = `${pathOf(out, record.column, record.key)}.png`;
    const picture = await decodeImage(path, { name: path });
    const small = picture.width < longest ? " small" : "";
    figures.push(
      `<figure><div class="picture${small}">${await image(
        picture,
        longest,
        `${name}, scene ${record.key}`,
      )}${overlay(record, classes)}</div><figcaption><b>${
        escapeHtml(name)
      }</b><br>${numbers(record)}</figcaption></figure>`,
    );
  }
  return `<h3>${escapeHtml(scene.cutOut.caption || "(no caption)")} <span>${
    escapeHtml(scene.key)
  }</span></h3>
<div class="scene">${figures.join("\n")}</div>`;
}

function numbers({ instances, clipT }: PictureRecord): string {
  const values = [
    ["IoU", instances.flatMap(({ iou }) => iou ?? [])],
    ["CLIP-I", instances.flatMap(({ clipI }) => clipI ?? [])],
    ["CLIP-T", clipT === undefined ? [] : [clipT]],
  ] as const;
  return values.filter(([, some]) => some.length > 0)
    .map(([label, some]) => `${label} ${mean(some).toFixed(2)}`).join(", ");
}

async function references(scene: EvaluationScene): Promise<string> {
  const { cutOut, folder, categories, phrases } = scene;
  const read = await readInstances(cutOut, { folder, is: true });
  const shown: string[] = [];
  for (const [i, { reference }] of read.entries()) {
    const name = phrases?.[i] ?? cutOut.instances[i]!.caption ??
      categories[i] ?? "reference";
    const picture = await image(reference, longestReference, name);
    const number = read.length > 1 ? `<i>${i + 1}</i>` : "";
    shown.push(
      `<div class="reference" title="${
        escapeHtml(name)
      }">${picture}${number}</div>`,
    );
  }
  return `<figure><div class="references">${
    shown.join("")
  }</div><figcaption><b>${
    read.length === 1 ? "reference" : "references"
  }</b></figcaption></figure>`;
}

/** An `img` with its picture inside, no larger than needed. */
async function image(
  picture: Raster,
  most: number,
  alt: string,
): Promise<string> {
  const ratio = Math.min(1, most / Math.max(picture.width, picture.height));
  const small = await resizeRaster(picture, {
    width: Math.max(1, Math.round(picture.width * ratio)),
    height: Math.max(1, Math.round(picture.height * ratio)),
  });
  const format = ratio === 1 ? "png" : "webp";
  const bytes = await encodeImage(small, { format });
  return `<img src="data:image/${format};base64,${bytes.toBase64()}" alt="${
    escapeHtml(alt)
  }" width=${small.width} height=${small.height}>`;
}
