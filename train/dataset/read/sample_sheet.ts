/** Sheets of samples: each picture with its boxes, beside it its references, below it its caption. */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import sharp, { type OverlayOptions } from "sharp";
import {
  drawText,
  fitText,
  textWidth,
} from "../../../lib/images/drawing/lettering.ts";
import { svgDocument } from "../../../lib/images/drawing/svg.ts";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { openDataset } from "./open_dataset.ts";
import type { OpenedSample } from "./read_sample.ts";
import type { Sample, SampleInstance } from "../build/sample.ts";
import type { ShardRecord } from "../build/shard_record.ts";

const columns = 2, rows = 6;
const side = 304, thumb = 72, gap = 12, captionHeight = 26;
const tile = {
  width: side + gap + 2 * (thumb + 4),
  height: side + captionHeight,
};
const ground = "#fafaf8";
const colours = [
  "#e6194b",
  "#2a9d3f",
  "#4363d8",
  "#e8700f",
  "#911eb4",
  "#0f8fa8",
  "#8a6d00",
  "#d6249f",
];

/** Draws up to 12 samples of each split; returns the files' names. */
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
    const samples: OpenedSample<Sample>[] = [];
    for (let i = 0; i < chosen.length; i++) samples.push(await dataset.read(i));
    const name = `samples-${split}.jpg`;
    await writeFileAtomically(join(folder, name), await drawSheet(samples));
    names.push(name);
  }
  return names;
}

async function drawSheet(
  samples: readonly OpenedSample<Sample>[],
): Promise<Uint8Array> {
  const across = Math.min(columns, samples.length);
  const down = Math.ceil(samples.length / columns);
  const width = gap + across * (tile.width + gap);
  const height = gap + down * (tile.height + gap);
  const layers = await Promise.all(samples.map((sample, i) =>
    drawTile(sample, {
      left: gap + (i % columns) * (tile.width + gap),
      top: gap + Math.floor(i / columns) * (tile.height + gap),
    })
  ));
  return await sharp({
    create: { width, height, channels: 3, background: ground },
  }).composite(layers.flat()).jpeg({
    quality: 88,
    chromaSubsampling: "4:4:4",
  }).toBuffer();
}

async function drawTile(
  { sample, jpg, refs }: OpenedSample<Sample>,
  { left, top }: { left: number; top: number },
): Promise<OverlayOptions[]> {
  const picture = {
    input: await sharp(jpg).resize(side, side).toBuffer(),
    left,
    top,
  };
  const thumbs = await Promise.all(
    refs.slice(0, 8).map(async (ref, i) => ({
      input: await drawReference(ref, colours[i]!),
      left: left + side + gap + (i % 2) * (thumb + 4),
      top: top + Math.floor(i / 2) * (thumb + 4),
    })),
  );
  const caption = sample.caption ?? `${sample.key}, no caption`;
  const marks = sample.instances.map(drawBox).join("") +
    drawText(fitText(caption, 14, tile.width), {
      x: 0,
      y: side + 18,
      size: 14,
      colour: sample.caption === null ? "#8a8a8a" : "#1b1f24",
    });
  const svg = Buffer.from(svgDocument(tile.width, tile.height, marks));
  return [picture, ...thumbs, { input: svg, left, top }];
}

/** A box with its class in its upper left corner. */
function drawBox(
  { category, box_xyxy_fraction }: SampleInstance,
  i: number,
): string {
  const [x0, y0, x1, y1] = box_xyxy_fraction.map((v) => v * side) as [
    number,
    number,
    number,
    number,
  ];
  const colour = colours[i % colours.length]!;
  const width = textWidth(category, 11) + 8;
  const x = Math.min(x0, side - width);
  return `<rect x="${x0}" y="${y0}" width="${x1 - x0}" height="${
    y1 - y0
  }" fill="none" stroke="${colour}" stroke-width="2"/>` +
    `<rect x="${x}" y="${y0}" width="${width}" height="15" fill="${colour}"/>` +
    drawText(category, { x: x + 4, y: y0 + 11, size: 11, colour: "#fff" });
}

/** A reference on a chequered ground, which shows where it is cut out. */
async function drawReference(
  webp: Uint8Array,
  colour: string,
): Promise<Buffer> {
  const inner = thumb - 4;
  const picture = await sharp(webp)
    .resize(inner, inner, { fit: "inside" }).png()
    .toBuffer({ resolveWithObject: true });
  const squares = `<defs><pattern id="c" width="12" height="12" ` +
    `patternUnits="userSpaceOnUse"><path d="M0 0h6v6H0zM6 6h6v6H6z" ` +
    `fill="#d4d4d4"/></pattern></defs>` +
    `<rect width="${thumb}" height="${thumb}" fill="#f4f4f4"/>` +
    `<rect width="${thumb}" height="${thumb}" fill="url(#c)"/>` +
    `<rect x="1" y="1" width="${thumb - 2}" height="${thumb - 2}" ` +
    `fill="none" stroke="${colour}" stroke-width="2"/>`;
  const { width, height } = picture.info;
  return await sharp(Buffer.from(svgDocument(thumb, thumb, squares)))
    .composite([{
      input: picture.data,
      left: Math.floor((thumb - width) / 2),
      top: Math.floor((thumb - height) / 2),
    }]).png().toBuffer();
}
