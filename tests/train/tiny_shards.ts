/** Shards with small scenes, as the dataset builder writes them. */

import { join } from "@std/path";
import { Buffer } from "node:buffer";
import { pack } from "tar-stream";
import { encodeImage } from "../../lib/images/encode.ts";
import { blankRaster, type Raster } from "../../lib/images/raster.ts";

/** Boxes of every scene, corners as fractions. */
export const tinyBoxes = [[0.1, 0.2, 0.5, 0.7], [0.55, 0.5, 0.95, 0.9]];

/** Writes `shards` shards of two scenes each into `folder`. */
export async function writeTinyShards(
  folder: string,
  shards = 2,
): Promise<void> {
  for (let shard = 0; shard < shards; shard++) {
    const archive = pack();
    for (const n of [0, 1]) {
      const key = `scene${shard}${n}`;
      const hue = 60 * (2 * shard + n);
      const instances = tinyBoxes.map((box, i) => ({
        id: `${n}-${i}`,
        category: "patch",
        box_xyxy_fraction: box,
        area: 0.2,
        ref: `${key}.ref${i}.webp`,
      }));
      const record = { caption: `scene ${n} of patches`, instances };
      archive.entry({ name: `${key}.json` }, JSON.stringify(record));
      const picture = await encodeImage(stripes(96, 64, hue), {
        format: "jpeg",
      });
      archive.entry({ name: `${key}.jpg` }, Buffer.from(picture));
      for (const i of [0, 1]) {
        const reference = await encodeImage(
          stripes(24, 24, hue + 100 * (i + 1)),
          { format: "webp" },
        );
        archive.entry({ name: `${key}.ref${i}.webp` }, Buffer.from(reference));
      }
    }
    archive.finalize();
    const chunks: Uint8Array[] = [];
    for await (const chunk of archive) chunks.push(chunk as Uint8Array);
    await Deno.writeFile(
      join(folder, `train-${shard}.tar`),
      Buffer.concat(chunks),
    );
  }
}

function stripes(width: number, height: number, hue: number): Raster {
  const raster = blankRaster(width, height, [0, 0, 0, 255]);
  for (let i = 0; i < width * height; i++) {
    const x = i % width;
    raster.data[4 * i] = (hue + 2 * x) % 256;
    raster.data[4 * i + 1] = (5 * Math.floor(i / width)) % 256;
    raster.data[4 * i + 2] = 255 - hue % 256;
  }
  return raster;
}
