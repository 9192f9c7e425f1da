import { basename } from "node:path";
import { hashFile } from "../weights/safetensors/hash_file.ts";
import type { Detector, PictureEncoder } from "../pipeline/options/rulers.ts";

/** SHA-256 of each file that a ruler was read from, by its name; empty where it names no files. */
export async function hashRuler(
  { files = [] }: Detector | PictureEncoder,
): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const file of files) hashes[basename(file)] = await hashFile(file);
  return hashes;
}
