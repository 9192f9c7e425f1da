/** Many pictures with COCO annotations, made of a few. */

import { existsSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./paths.ts";

/** A COCO file, as far as it is copied. */
export interface CocoFile {
  readonly images: readonly Record<string, unknown>[];
  readonly annotations: readonly Record<string, unknown>[];
  readonly categories: readonly unknown[];
}

/** The project's COCO pictures: more of them where `../shared` is there. */
export function cocoFolder(): string {
  const shared = join(root, "../shared/data/coco");
  return existsSync(shared) ? shared : join(root, "tests/data/coco");
}

/**
 * Writes `count` copies of the COCO pictures with their annotations below `.cache/bench`, each a
 * file of its own with bytes of its own; answers the folder.
 */
export async function makeCopies(count: number): Promise<string> {
  const folder = `.cache/bench/coco-${count}`;
  const list = join(folder, "instances.json");
  if (existsSync(list)) return folder;
  const from = cocoFolder();
  const coco: CocoFile = JSON.parse(
    await readFile(join(from, "instances.json"), "utf8"),
  );
  await mkdir(join(folder, "images"), { recursive: true });
  for (let i = 0; i < count; i++) {
    const { file_name } = coco.images[i % coco.images.length]!;
    const bytes = await readFile(join(from, "images", String(file_name)));
    const to = join(folder, "images", copyName(i));
    await writeFile(to, withComment(bytes, `copy ${i}`));
  }
  await writeFile(list, JSON.stringify(repeatCoco(coco, count)));
  return folder;
}

/** The annotations of `count` copies, with ids of their own. */
export function repeatCoco(coco: CocoFile, count: number): CocoFile {
  const images: Record<string, unknown>[] = [];
  const annotations: Record<string, unknown>[] = [];
  for (let i = 0; i < count; i++) {
    const image = coco.images[i % coco.images.length]!;
    images.push({ ...image, id: i + 1, file_name: copyName(i) });
    for (const one of coco.annotations) {
      if (one.image_id !== image.id) continue;
      const id = annotations.length + 1;
      annotations.push({ ...one, id, image_id: i + 1 });
    }
  }
  return { ...coco, images, annotations };
}

function copyName(i: number): string {
  return `${String(i + 1).padStart(12, "0")}.jpg`;
}

/** A JPEG file with a comment after its first marker. */
function withComment(jpeg: Uint8Array, text: string): Uint8Array {
  const comment = new TextEncoder().encode(text);
  const length = comment.length + 2;
  return Uint8Array.from([
    ...jpeg.subarray(0, 2),
    ...[0xff, 0xfe, length >> 8, length & 255],
    ...comment,
    ...jpeg.subarray(2),
  ]);
}

/** Size of a file in bytes. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
