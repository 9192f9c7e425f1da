import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openBase } from "../../../lib/bases/bases.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import { openModelFolder } from "../../../lib/weights/model_folder.ts";
import {
  type ModelSource,
  openSourcePart,
} from "../../../lib/weights/model_source.ts";
import { renameWeights } from "../../../lib/weights/weight_sources.ts";

const tiny = fromFileUrl(new URL("../../goldens/sd-tiny", import.meta.url));

Deno.test("a part that is missing is refused with the option that supplies it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const source = await openModelFolder(folder);
    assertEquals(source.has("vae"), false);
    const error = await assertRejects(
      () => openSourcePart(source, "vae", parseVaeConfig),
      LocRefError,
    );
    assertEquals(error.code, "file-missing");
    assertEquals(
      error.message,
      `Model "${folder}" holds no VAE: give one with the option vae, a folder, a file, or org/repo/file.safetensors`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a base opens from a source that is no folder", async () => {
  const folder = await openModelFolder(tiny);
  const asked: string[] = [];
  const source: ModelSource = {
    ...folder,
    path: "all_in_one.safetensors",
    part: async (name) => {
      asked.push(name);
      return { ...await folder.part(name), place: "all_in_one.safetensors" };
    },
  };
  const base = await openBase(source);
  assertEquals(asked.toSorted(), ["text_encoder", "unet", "vae"]);
  assertEquals(base.folder, "all_in_one.safetensors");
  assertEquals(
    base.parts.map((part) => part.folder),
    base.parts.map(() => "all_in_one.safetensors"),
  );
});

Deno.test("the weights of every part can be wrapped as they open", async () => {
  const wrapped: string[] = [];
  const base = await openBase(tiny, {
    wrapWeights: (part, weights) => {
      wrapped.push(part);
      return part === "unet"
        ? renameWeights(weights, (name) => `of_a_lora.${name}`)
        : weights;
    },
  });
  assertEquals(wrapped.toSorted(), ["text_encoder", "unet", "vae"]);
  const unet = base.parts.find(({ name }) => name === "unet")!;
  assertEquals(
    unet.weights.names().every((name) => name.startsWith("of_a_lora.")),
    true,
  );
});
