import { dirname, join } from "@std/path";

/**
 * A model's folder with other settings files, the rest of it linked; it goes when it is disposed of.
 *
 * @param files JSON values by path in the folder.
 */
export async function linkedModel(
  from: string,
  files: Readonly<Record<string, unknown>> = {},
) {
  const path = await Deno.makeTempDir();
  await link(from, path);
  for (const [name, value] of Object.entries(files)) {
    const file = join(path, name);
    await Deno.remove(file).catch(() => {});
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, JSON.stringify(value));
  }
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

async function link(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const source = join(from, name), target = join(to, name);
    if (!isDirectory) await Deno.symlink(source, target);
    else {
      await Deno.mkdir(target);
      await link(source, target);
    }
  }
}
