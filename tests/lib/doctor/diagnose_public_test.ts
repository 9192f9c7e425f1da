import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { diagnosePublic } from "../../../lib/doctor/diagnose_public.ts";
import type { DiagnoseOptions } from "../../../lib/doctor/diagnose_folder.ts";
import { publicFiles } from "../../../lib/doctor/public_files.ts";
import { startHub } from "../weights/loopback_hub.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));
const goldens = join(root, "tests/goldens");
const files = {
  lora: "pytorch_lora_weights.safetensors",
  vae: "diffusion_pytorch_model.safetensors",
};

async function collect(options: DiagnoseOptions) {
  const wanted = publicFiles.filter(({ name }) =>
    /taesdxl|IP-Adapter\/models|blip/.test(name)
  );
  return await Array.fromAsync(diagnosePublic(options, wanted));
}

Deno.test("headers of public files are read by range, and what differs is named", async () => {
  const read = (path: string) => Deno.readFile(join(goldens, path));
  const hub = startHub({
    files: {},
    repos: {
      "h94/IP-Adapter": {
        "models/ip-adapter-plus_sd15.safetensors": await read(
          "ip-adapter/ip-adapter-base.safetensors",
        ),
        "models/image_encoder/config.json": await read(
          "clip-vision-gelu/config.json",
        ),
        "models/image_encoder/model.safetensors": await read(
          "clip-vision-gelu/model.safetensors",
        ),
      },
      "madebyollin/taesdxl": {
        "config.json": await read("taesd-tiny/config.json"),
        [files.vae]: await read(`taesd-tiny/${files.vae}`),
      },
    },
  });
  try {
    await inTempDir(async (cacheDir) => {
      const options = { endpoint: hub.endpoint, cacheDir, offline: false };
      const [adapter, encoder, tiny, captioner] = await collect(options);
      assertEquals([encoder!.ok, tiny!.ok], [true, true]);
      assertEquals(adapter!.problems, [
        "the documentation says ip-adapter-plus, but it holds ip-adapter-base",
      ]);
      assertEquals(
        captioner!.problems.at(-1),
        "the documentation says blip, but it holds nothing that can be read",
      );
      const whole = hub.downloads.filter((one) => !one.includes("bytes="));
      assertEquals(whole.filter((one) => one.includes("safetensors")), []);
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("a hub out of reach is one error, not one for each file", async () => {
  const hub = startHub({ files: {} });
  await hub.stop();
  await inTempDir(async (cacheDir) => {
    const options = {
      ...{ endpoint: hub.endpoint, cacheDir, offline: false },
      retry: { attempts: 1, delay: 1 },
    };
    await assertRejects(() => collect(options), LocRefError, "1 try");
  });
});

Deno.test("every public file that a page names is looked at", async () => {
  const owners = new Set(publicFiles.map(({ name }) => name.split("/")[0]));
  const names = publicFiles.map(({ name }) => name);
  const pages = ["README.md"];
  for await (const { name } of Deno.readDir(join(root, "docs"))) {
    if (name.endsWith(".md")) pages.push(`docs/${name}`);
  }
  for (const page of pages) {
    const text = await Deno.readTextFile(join(root, page));
    const found = text.matchAll(/["` ](([\w-]+)\/[\w.-]+(\/[\w./-]+)?)/g);
    for (const [, name, owner] of found) {
      if (!owners.has(owner)) continue;
      const known = names.some((one) =>
        one === name || one.startsWith(`${name}/`)
      );
      assertEquals(known, true, `${page} names ${name}`);
    }
  }
});
