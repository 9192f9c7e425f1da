/** A data set as YOLO's trainers read them. */

import { join } from "node:path";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { openDataset } from "../read/open_dataset.ts";

/** Writes `images/`, `labels/` and `data.yaml`; returns the number of samples. */
export async function exportYolo(folder: string, out: string): Promise<number> {
  const dataset = await openDataset(folder);
  const { lines } = dataset;
  const names = [...new Set(lines.flatMap(({ categories }) => categories))]
    .sort();
  for (const [i, { split }] of lines.entries()) {
    const { sample: { key, instances }, jpg } = await dataset.read(i);
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
  }
  const held = lines.some(({ split }) => split === "validation");
  await writeFileAtomically(
    join(out, "data.yaml"),
    `path: .\ntrain: images/train\nval: images/${
      held ? "validation" : "train"
    }\nnames:\n${
      names.map((name, i) => `  ${i}: ${JSON.stringify(name)}\n`).join("")
    }`,
  );
  return lines.length;
}
