import { Buffer } from "node:buffer";
import { join } from "node:path";
import sharp from "sharp";
import { writeFileAtomically } from "../../lib/write_file.ts";
import { openDataset, type OpenedSample } from "./open_dataset.ts";
import type { ShardRecord } from "./shard_record.ts";

const columns = 4, rows = 4, side = 240, gap = 4;
const colours = [
  "#e6194b",
  "#3cb44b",
  "#4363d8",
  "#f58231",
  "#911eb4",
  "#42d4f4",
];

/** Draws up to 16 samples of each split with their boxes; answers the files' names. */
export async function writeSampleSheets(
  folder: string,
  records: readonly ShardRecord[],
): Promise<string[]> {
  const names: string[] = [];
  for (const split of ["train", "validation"]) {
    const lines = records.flatMap(({ samples }) => samples)
      .filter((line) => line.split === split);
    if (lines.length === 0) continue;
    const step = Math.max(1, Math.floor(lines.length / (columns * rows)));
    const chosen = lines.filter((_, i) => i % step === 0)
      .slice(0, columns * rows);
    const dataset = await openDataset(folder, chosen);
    const samples: OpenedSample[] = [];
    for (let i = 0; i < chosen.length; i++) samples.push(await dataset.read(i));
    const name = `samples-${split}.jpg`;
    await writeFileAtomically(join(folder, name), await drawSheet(samples));
    names.push(name);
  }
  return names;
}

async function drawSheet(
  samples: readonly OpenedSample[],
): Promise<Uint8Array> {
  const tiles = await Promise.all(samples.map(async (sample, i) => ({
    input: await drawTile(sample),
    left: side * (i % columns),
    top: side * Math.floor(i / columns),
  })));
  const height = side * Math.ceil(samples.length / columns);
  return await sharp({
    create: { width: side * columns, height, channels: 3, background: "#fff" },
  }).composite(tiles).jpeg({ quality: 85 }).toBuffer();
}

async function drawTile({ sample, jpg }: OpenedSample): Promise<Buffer> {
  const boxes = sample.instances.map((instance, i) => {
    const [x0, y0, x1, y1] = instance.box_xyxy_fraction.map((v) =>
      v * (side - gap)
    );
    const colour = colours[i % colours.length];
    return `<rect x="${x0}" y="${y0}" width="${x1! - x0!}" height="${
      y1! - y0!
    }" fill="none" stroke="${colour}" stroke-width="2.5"/>`;
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}">${
      boxes.join("")
    }</svg>`;
  return await sharp(jpg).resize(side - gap, side - gap).extend({
    right: gap,
    bottom: gap,
    background: "#fff",
  }).composite([{ input: Buffer.from(svg) }]).png()
    .toBuffer();
}
