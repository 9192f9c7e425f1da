/**
 * `deno run -A bench/dataset_json.ts [MEGABYTES]`: opens a COCO file of that size (450), reads the
 * annotations of all its pictures, and prints how long it took and the most memory it held.
 */

import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { openCoco } from "../train/dataset/sources/coco.ts";
import { cocoFolder, repeatCoco, sizeOf } from "./dataset_copies.ts";
import { root } from "./paths.ts";

/** Writes copies of the COCO annotations until the file is large enough. */
async function writeLarge(path: string, bytes: number): Promise<void> {
  const from = join(cocoFolder(), "instances.json");
  const coco = JSON.parse(await readFile(from, "utf8"));
  const { annotations } = repeatCoco(coco, coco.images.length);
  const copies = Math.ceil(bytes / JSON.stringify(annotations).length);
  const file = await open(`${path}.part`, "w");
  for (const key of ["images", "annotations"] as const) {
    await file.write(`${key === "images" ? "{" : ","}"${key}":[`);
    for (let i = 0; i < copies; i++) {
      const own = coco[key].map((one: Record<string, number>) => ({
        ...one,
        id: one.id! + 1e9 * i,
        ...key === "images" ? {} : { image_id: one.image_id! + 1e9 * i },
      }));
      const text = JSON.stringify(own).slice(1, -1);
      await file.write(i === 0 ? text : `,${text}`);
    }
    await file.write("]");
  }
  await file.write(`,"categories":${JSON.stringify(coco.categories)}}`);
  await file.close();
  await rename(`${path}.part`, path);
}

async function read(path: string): Promise<void> {
  const start = performance.now();
  const source = await openCoco(path);
  const opened = performance.now();
  let instances = 0;
  for (let i = 0; i < source.ids.length; i++) {
    instances += (await source.read(i)).instances.length;
  }
  const done = performance.now();
  source.close();
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
  const status = await readFile("/proc/self/status", "utf8");
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)![1]) * 1024;
  console.log(
    `${
      (await sizeOf(path) / 1e6).toFixed(0)
    } MB, ${source.ids.length} pictures, ${instances} instances: opened in ${
      seconds(start, opened)
    } s, all read in ${seconds(opened, done)} s, peak ${
      (peak / 1e6).toFixed(0)
    } MB`,
  );
}

if (import.meta.main) {
  process.chdir(root);
  const [first = "450", path] = process.argv.slice(2);
  if (first === "--read") await read(path!);
  else {
    const large = `.cache/bench/annotations-${first}.json`;
    await mkdir(".cache/bench", { recursive: true });
    if (!existsSync(large)) await writeLarge(large, Number(first) * 1e6);
    // in a process of its own, so that writing does not count
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", import.meta.filename!, "--read", large],
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    process.exit(code);
  }
}
