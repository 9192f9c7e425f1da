/** A data set in the forms that detectors are trained from. */

import { join } from "node:path";
import { writeFileAtomically } from "../../lib/write_file.ts";
import { openDataset, type OpenedSample } from "./open_dataset.ts";

/** Writes `instances.json` and `images/` as COCO has them; boxes are those of the training pictures. */
export async function exportCoco(folder: string, out: string): Promise<number> {
  const categories = new Map<string, number>();
  const images: string[] = [], annotations: string[] = [];
  let next = 1;
  const count = await eachSample(folder, async ({ sample, jpg }, number) => {
    const { key, width, height, source, licence, instances } = sample;
    await writeFileAtomically(join(out, "images", `${key}.jpg`), jpg);
    images.push(JSON.stringify({
      id: number,
      file_name: `${key}.jpg`,
      width,
      height,
      source: source.url,
      source_id: source.id,
      licence,
    }));
    for (const instance of instances) {
      const { category } = instance;
      const known = categories.get(category) ?? categories.size + 1;
      categories.set(category, known);
      const [x0, y0, x1, y1] = instance.box_xyxy_fraction;
      const [w, h] = [(x1 - x0) * width, (y1 - y0) * height];
      annotations.push(JSON.stringify({
        id: next++,
        image_id: number,
        category_id: known,
        bbox: [x0 * width, y0 * height, w, h].map(rounded),
        area: rounded(w * h),
        iscrowd: 0,
        segmentation: [],
        source_id: instance.id,
      }));
    }
  });
  const names = [...categories].map(([name, id]) =>
    JSON.stringify({ id, name })
  );
  await writeFileAtomically(
    join(out, "instances.json"),
    `{"images": [${images.join(",\n")}],\n"annotations": [${
      annotations.join(",\n")
    }],\n"categories": [${names.join(",\n")}]}\n`,
  );
  return count;
}

/** Writes `images/`, `labels/` and `data.yaml` as YOLO's trainers read them. */
export async function exportYolo(folder: string, out: string): Promise<number> {
  const { lines } = await openDataset(folder);
  const names = [...new Set(lines.flatMap(({ categories }) => categories))]
    .sort();
  const count = await eachSample(folder, async ({ sample, jpg }, number) => {
    const { split } = lines[number - 1]!;
    const { key, instances } = sample;
    const rows = instances.map(({ category, box_xyxy_fraction }) => {
      const [x0, y0, x1, y1] = box_xyxy_fraction;
      const box = [(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0];
      return `${names.indexOf(category)} ${
        box.map((v) => v.toFixed(6)).join(" ")
      }\n`;
    });
    await writeFileAtomically(join(out, "images", split, `${key}.jpg`), jpg);
    const label = join(out, "labels", split, `${key}.txt`);
    await writeFileAtomically(label, rows.join(""));
  });
  const held = lines.some(({ split }) => split === "validation");
  await writeFileAtomically(
    join(out, "data.yaml"),
    `path: .\ntrain: images/train\nval: images/${
      held ? "validation" : "train"
    }\nnames:\n${
      names.map((name, i) => `  ${i}: ${JSON.stringify(name)}\n`).join("")
    }`,
  );
  return count;
}

async function eachSample(
  folder: string,
  visit: (sample: OpenedSample, number: number) => Promise<void>,
): Promise<number> {
  const dataset = await openDataset(folder);
  for (let i = 0; i < dataset.lines.length; i++) {
    await visit(await dataset.read(i), i + 1);
  }
  return dataset.lines.length;
}

function rounded(value: number): number {
  return Number(value.toFixed(3));
}
