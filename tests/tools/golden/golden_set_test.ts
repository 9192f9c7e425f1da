import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  casesOfSet,
  type GoldenSet,
} from "../../../tools/golden/golden_set.ts";

const set: GoldenSet = {
  name: "example",
  marker: "example.json",
  listed: [
    { name: "unet", file: "unet.safetensors" },
    { name: "unet.nonsquare", file: "unet.safetensors" },
    { name: "text", file: "text.safetensors" },
    { name: "vae", file: "vae.safetensors" },
  ],
  groups: [
    () => [one("unet.nonsquare"), one("text.hidden"), one("text.pooled")],
    () => Promise.resolve([one("more")]),
  ],
};

Deno.test("a case whose files lie in the set and that no code runs is named", async () => {
  await using folder = await temporary(["unet.safetensors", "vae.safetensors"]);
  const { notBuilt } = await casesOfSet(set, folder.path);
  assertEquals(notBuilt, ["unet", "vae"]);
});

Deno.test("a case whose files do not lie in the set is neither run nor missed", async () => {
  await using folder = await temporary(["unet.safetensors"]);
  const { cases, notBuilt } = await casesOfSet(set, folder.path);
  assertEquals(cases.map(({ name }) => name), ["unet.nonsquare", "more"]);
  assertEquals(notBuilt, ["unet"]);
});

Deno.test("several cases can make up a case of the list", async () => {
  await using folder = await temporary(["text.safetensors"]);
  const { cases, notBuilt } = await casesOfSet(set, folder.path);
  assertEquals(cases.length, 3);
  assertEquals(notBuilt, []);
});

function one(name: string) {
  return { name, bound: 0, run: () => Promise.resolve(0) };
}

async function temporary(files: readonly string[]) {
  const path = await Deno.makeTempDir();
  for (const file of files) await Deno.writeTextFile(join(path, file), "");
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
