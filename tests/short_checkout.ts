import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";

const root = fromFileUrl(new URL("../", import.meta.url));

const copied = [
  ...["cli", "eval", "examples", "lib", "models/pocket", "notebooks", "train"],
  ...["cli.ts", "deno.json", "deno.lock", "mod.ts"],
];

/** A copy of the checkout whose pictures take few steps. */
export interface ShortCheckout extends AsyncDisposable {
  readonly folder: string;
  /** Sets the pocket model's default number of steps. */
  setSteps(steps: number): Promise<void>;
}

/**
 * Copies the checkout and makes runs of the pocket model short: `steps` is its default, and the
 * steps that notebooks name are 2. Whatever runs in the copy is run whole otherwise.
 */
export async function shortCheckout(steps: number): Promise<ShortCheckout> {
  const folder = await Deno.makeTempDir();
  for (const path of copied) {
    await cp(join(root, path), join(folder, path), { recursive: true });
  }
  await Deno.symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const setSteps = (steps: number) =>
    rewrite(
      join(folder, "models/pocket/model_index.json"),
      /"steps": \d+/,
      `"steps": ${steps}`,
    );
  await setSteps(steps);
  for await (const { name } of Deno.readDir(join(folder, "notebooks"))) {
    if (!name.endsWith(".ipynb")) continue;
    await rewrite(join(folder, "notebooks", name), /\bsteps: \d+/g, "steps: 2");
  }
  return {
    folder,
    setSteps,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function rewrite(path: string, what: RegExp, to: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(what, to));
}
