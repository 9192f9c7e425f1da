/** A data set as COCO has them. */

import { join } from "node:path";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { openDataset } from "../read/open_dataset.ts";
import type { OpenedSample } from "../read/read_sample.ts";
import {
  decodeRle,
  encodeRle,
  packCounts,
  rleArea,
  unpackCounts,
} from "../sources/rle.ts";
import type { Sample, SampleInstance } from "../build/sample.ts";

/** The members of one `instances_SPLIT.json`, as JSON texts. */
interface Split {
  readonly images: string[];
  readonly annotations: string[];
}

/**
 * Writes `images/` and `instances_SPLIT.json` for each split; returns the number of samples. Boxes
 * and masks are those of the training pictures. Masks are packed runs, or the box as a polygon
 * where an instance has none. So COCO's evaluation of boxes and of masks reads the files.
 */
export async function exportCoco(folder: string, out: string): Promise<number> {
  const dataset = await openDataset(folder);
  const names = [
    ...new Set(dataset.lines.flatMap(({ categories }) => categories)),
  ].sort();
  const splits = new Map<string, Split>();
  let next = 1;
  for (const [i, { split: name }] of dataset.lines.entries()) {
    const split = splits.get(name) ?? { images: [], annotations: [] };
    splits.set(name, split);
    const opened = await dataset.read(i);
    await writeSample(opened, i + 1, join(out, "images"), split);
    for (const instance of opened.sample.instances) {
      split.annotations.push(JSON.stringify({
        id: next++,
        image_id: i + 1,
        category_id: names.indexOf(instance.category) + 1,
        ...shapeOf(instance, opened.sample),
        iscrowd: 0,
        source_id: instance.id,
      }));
    }
  }
  const categories = names.map((name, i) =>
    JSON.stringify({ id: i + 1, name })
  );
  for (const [name, { images, annotations }] of splits) {
    const members = { images, annotations, categories };
    const text = Object.entries(members).map(([key, list]) =>
      `"${key}": [${list.join(",\n")}]`
    );
    const path = join(out, `instances_${name}.json`);
    await writeFileAtomically(path, `{${text.join(",\n")}}\n`);
  }
  return dataset.lines.length;
}

async function writeSample(
  { sample, jpg }: OpenedSample<Sample>,
  id: number,
  folder: string,
  { images }: Split,
): Promise<void> {
  const { key, caption, width, height, source, licence } = sample;
  await writeFileAtomically(join(folder, `${key}.jpg`), jpg);
  images.push(JSON.stringify({
    id,
    file_name: `${key}.jpg`,
    width,
    height,
    caption,
    source: source.url,
    source_id: source.id,
    licence,
  }));
}

function shapeOf(instance: SampleInstance, sample: Sample) {
  const { width, height } = sample;
  const [x0, y0, x1, y1] = instance.box_xyxy_fraction;
  const left = rounded(x0 * width), top = rounded(y0 * height);
  const right = rounded(x1 * width), bottom = rounded(y1 * height);
  const bbox = [left, top, rounded(right - left), rounded(bottom - top)];
  const mask = maskInPicture(instance, sample);
  return mask
    ? {
      bbox,
      area: rleArea(mask),
      segmentation: { size: [height, width], counts: packCounts(mask.counts) },
    }
    : {
      bbox,
      area: rounded(bbox[2]! * bbox[3]!),
      segmentation: [[left, top, right, top, right, bottom, left, bottom]],
    };
}

/** The original's mask in the training picture, sampled at each pixel's centre. */
function maskInPicture(
  { original: { mask } }: SampleInstance,
  { width, height, source: { crop: [left, top, cropWidth, cropHeight] } }:
    Sample,
) {
  if (mask === undefined) return;
  const [rows, columns] = mask.size as [number, number];
  const counts = unpackCounts(mask.counts);
  const whole = decodeRle({ height: rows, width: columns, counts });
  const inside = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = top + Math.floor((y + 0.5) * cropHeight / height);
    for (let x = 0; x < width; x++) {
      const column = left + Math.floor((x + 0.5) * cropWidth / width);
      inside[y * width + x] = whole[from * columns + column]!;
    }
  }
  const found = encodeRle(inside, height, width);
  return rleArea(found) > 0 ? found : undefined;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
