import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { REPO, startHub } from "../../weights/loopback_hub.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const goldens = new URL("../../../goldens/", import.meta.url).pathname;

/** A repository with a base model, an adapter and its encoder, and much that is not needed. */
async function publicWeights(): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {
    "README.md": new Uint8Array(1),
    "v1-5-pruned.safetensors": new Uint8Array(2),
    "unet/diffusion_pytorch_model.bin": new Uint8Array(3),
    "safety_checker/model.safetensors": new Uint8Array(4),
    "models/ip-adapter_sd15.bin": new Uint8Array(5),
  };
  const add = async (from: string, to: string) => {
    files[to] = await Deno.readFile(join(goldens, from));
  };
  await add("sd-tiny/model_index.json", "model_index.json");
  for (
    const part of ["scheduler", "text_encoder", "tokenizer", "unet", "vae"]
  ) {
    for await (const { name } of Deno.readDir(join(goldens, "sd-tiny", part))) {
      await add(`sd-tiny/${part}/${name}`, `${part}/${name}`);
    }
  }
  await add(
    "ip-adapter/ip-adapter-plus.safetensors",
    "models/ip-adapter-plus_sd15.safetensors",
  );
  for (const name of ["config.json", "model.safetensors"]) {
    await add(`clip-vision-gelu/${name}`, `models/image_encoder/${name}`);
  }
  return files;
}

async function withEnvironment(
  values: Record<string, string>,
  run: () => Promise<void>,
) {
  const before = Object.keys(values).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("Training-free LocRef on public weights: fetched once, by parts, then offline", async () => {
  const hub = startHub({ files: await publicWeights() });
  const parts = {
    adapter: `${REPO}/models/ip-adapter-plus_sd15.safetensors`,
    imageEncoder: `${REPO}/models/image_encoder`,
    backend: "onnx",
  } as const;
  try {
    await inTempDir(async (cache) => {
      const environment = {
        HF_HUB_CACHE: cache,
        HF_ENDPOINT: hub.endpoint,
        HF_HUB_OFFLINE: "0",
      };
      await withEnvironment(environment, async () => {
        const seen: number[] = [];
        await using model = await LocRef.load(REPO, {
          ...parts,
          onProgress: ({ loaded }) => seen.push(loaded),
        });
        assertEquals(model.fusion.lambdaCi, 0.5);
        assertEquals(seen.length > 0, true);
      });
      // headers are read first, to see that the parts fit
      const whole = hub.downloads.filter((one) => !one.includes(" bytes=0-"));
      assertEquals(whole.toSorted(), [
        "model_index.json",
        "models/image_encoder/config.json",
        "models/image_encoder/model.safetensors",
        "models/ip-adapter-plus_sd15.safetensors",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/merges.txt",
        "tokenizer/special_tokens_map.json",
        "tokenizer/tokenizer_config.json",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
      ]);
      hub.requests.length = 0;
      const offline = { ...environment, HF_HUB_OFFLINE: "1" };
      await withEnvironment(offline, async () => {
        await using _model = await LocRef.load(REPO, parts);
        await assertRejects(
          () => LocRef.load(`${REPO}@v9`, parts),
          LocRefError,
          'me/model at revision "v9" is not in',
        );
      });
      assertEquals(hub.requests, []);
    });
  } finally {
    await hub.stop();
  }
});
