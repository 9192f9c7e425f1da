import { join } from "node:path";

/** The files that a setup made, with stamps that show whether they are still the same. */
interface Stamp {
  readonly files: Readonly<Record<string, number>>;
}

const stampOf = (folder: string) =>
  join(folder, "lib", "setup_tensorflow.json");

/** Notes that the binding in the package `folder` works with these files. */
export async function writeStamp(
  folder: string,
  files: readonly string[],
): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const file of files) sizes[file] = (await Deno.stat(file)).size;
  const part = `${stampOf(folder)}.part`;
  await Deno.writeTextFile(part, JSON.stringify({ files: sizes }));
  await Deno.rename(part, stampOf(folder));
}

/** Whether a setup was noted for the package `folder` and all its files still lie there. */
export async function stampHolds(folder: string): Promise<boolean> {
  try {
    const stamp: Stamp = JSON.parse(await Deno.readTextFile(stampOf(folder)));
    for (const [file, size] of Object.entries(stamp.files)) {
      if ((await Deno.stat(file)).size !== size) return false;
    }
    return true;
  } catch {
    return false;
  }
}
