import { Buffer } from "node:buffer";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pack } from "tar-stream";
import { encodeImage } from "../../../lib/images/encode.ts";
import type { Scene } from "../../../lib/scene/scene.ts";

/**
 * Writes scenes as a WebDataset shard for training; each scene's composite image stands in for the
 * photograph that a real data set has.
 */
export async function writeShard(
  path: string,
  scenes: readonly Scene[],
): Promise<void> {
  const tar = pack();
  for (const [key, scene] of scenes.entries()) {
    const { caption, instances } = scene.toJSON();
    const { composite, references } = await scene.preview();
    const picture = await encodeImage(composite, { format: "jpeg" });
    tar.entry({ name: `${key}.jpg` }, Buffer.from(picture));
    const placed = instances.map(({ box: { x0, y0, x1, y1 } }, ref) => ({
      box_xyxy_fraction: [x0, y0, x1, y1],
      ref,
    }));
    const json = JSON.stringify({ caption, instances: placed });
    tar.entry({ name: `${key}.json` }, json);
    for (const [i, reference] of references.entries()) {
      const webp = await encodeImage(reference, { format: "webp" });
      tar.entry({ name: `${key}.ref${i}.webp` }, Buffer.from(webp));
    }
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk as Uint8Array);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, Buffer.concat(chunks));
}
