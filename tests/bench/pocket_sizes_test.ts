import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { pocketSizes } from "../../bench/pocket_sizes.ts";

const root = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("the pocket model's sizes are those of its weights' configs", async () => {
  const { unet, textTokens, imageTokens } = await pocketSizes(
    join(root, "models/pocket"),
  );
  assert(textTokens > 0 && unet.in_channels > 0);
  assert(Number.isInteger(Math.sqrt(imageTokens - 1)), `${imageTokens}`);
});

Deno.test("peers in Python read a part's config in one place", () => {
  const folder = join(root, "bench/peers");
  const scripts = [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith(".py"))
    .map(({ name }) => [name, Deno.readTextFileSync(join(folder, name))]);
  const holding = (text: string) =>
    scripts.filter(([, script]) => script!.includes(text))
      .map(([name]) => name).sort();
  assertEquals(holding("max_position_embeddings"), ["pocket_sizes.py"]);
  assertEquals(holding("config.json"), ["pocket_sizes.py"]);
  assertEquals(holding("import TEXT_TOKENS"), ["pocket_export.py"]);
  assertEquals(holding("import IMAGE_TOKENS, TEXT_TOKENS"), ["train.py"]);
});
