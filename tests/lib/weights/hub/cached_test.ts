import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { createHash } from "node:crypto";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  resolveModelFolder,
  type ResolveModelOptions,
} from "../../../../lib/weights/resolve_model.ts";
import { type LoopbackHub, REPO, startHub } from "../loopback_hub.ts";
import { gitHash } from "../hub_content.ts";
import { inTempDir } from "../temp_dir.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function indexOf(...shards: string[]): Uint8Array {
  const map = Object.fromEntries(shards.map((shard, i) => [`t${i}`, shard]));
  return bytes(JSON.stringify({ weight_map: map }));
}

/** A model in parts, one of them in shards. */
const MODEL: Record<string, Uint8Array> = {
  "model_index.json": bytes("{}"),
  "scheduler/scheduler_config.json": bytes("{ }"),
  "tokenizer/vocab.json": bytes('{"a": 0}'),
  "tokenizer/merges.txt": bytes("#version"),
  "tokenizer/tokenizer_config.json": bytes("{  }"),
  "tokenizer/special_tokens_map.json": bytes('{"pad_token": "!"}'),
  "text_encoder/config.json": bytes("{   }"),
  "text_encoder/model.safetensors": bytes("text"),
  "unet/config.json": bytes("{    }"),
  "unet/diffusion_pytorch_model.safetensors.index.json": indexOf(
    "diffusion_pytorch_model-00001-of-00002.safetensors",
    "diffusion_pytorch_model-00002-of-00002.safetensors",
  ),
  "unet/diffusion_pytorch_model-00001-of-00002.safetensors": bytes("one"),
  "unet/diffusion_pytorch_model-00002-of-00002.safetensors": bytes("two"),
  "vae/config.json": bytes("{     }"),
  "vae/diffusion_pytorch_model.safetensors": bytes("vae"),
  "image_encoder/config.json": bytes("{      }"),
  "image_encoder/model.safetensors": bytes("image"),
};

function blobOf(path: string, data: Uint8Array): string {
  return path.endsWith(".safetensors")
    ? createHash("sha256").update(data).digest("hex")
    : gitHash(data);
}

/** Lays a cache out as Python leaves it, with the files of which `came` is true. */
async function pythonCache(
  cacheDir: string,
  hub: LoopbackHub,
  came: (path: string) => boolean,
): Promise<string> {
  const repo = join(cacheDir, "models--me--model");
  const snapshot = join(repo, "snapshots", hub.commit);
  await Deno.mkdir(join(repo, "refs"), { recursive: true });
  await Deno.mkdir(snapshot, { recursive: true });
  await Deno.mkdir(join(repo, "blobs"), { recursive: true });
  await Deno.writeTextFile(join(repo, "refs", "main"), hub.commit);
  for (const [path, data] of Object.entries(hub.setup.files)) {
    if (!came(path)) continue;
    const blob = join(repo, "blobs", blobOf(path, data));
    const shown = join(snapshot, path);
    await Deno.mkdir(dirname(shown), { recursive: true });
    await Deno.writeFile(blob, data);
    await Deno.symlink(blob, shown);
  }
  return snapshot;
}

interface Place {
  hub: LoopbackHub;
  snapshot: string;
  get(options?: ResolveModelOptions): Promise<string>;
}

async function withPartial(
  came: (path: string) => boolean,
  run: (place: Place) => Promise<void>,
  files: Record<string, Uint8Array> = MODEL,
) {
  const hub = startHub({ files });
  try {
    await inTempDir(async (cacheDir) => {
      const snapshot = await pythonCache(cacheDir, hub, came);
      await run({
        hub,
        snapshot,
        get: (options) =>
          resolveModelFolder(REPO, {
            cacheDir,
            endpoint: hub.endpoint,
            offline: false,
            retry: { attempts: 1, delay: 1 },
            ...options,
          }),
      });
    });
  } finally {
    await hub.stop();
  }
}

async function assertWhole(
  folder: string,
  files: Record<string, Uint8Array> = MODEL,
) {
  for (const [path, data] of Object.entries(files)) {
    assertEquals(await Deno.readFile(join(folder, path)), data, path);
  }
}

Deno.test("A snapshot that lacks one file is completed, whichever it is", async () => {
  for (const lost of Object.keys(MODEL)) {
    await withPartial((path) => path !== lost, async ({ hub, get }) => {
      await assertWhole(await get());
      assertEquals(hub.downloads, [lost]);
      hub.requests.length = 0;
      await assertWhole(await get());
      assertEquals(hub.requests, []);
    });
  }
});

Deno.test("A snapshot that lacks a part, or all but one file, is completed", async () => {
  const rests: ((path: string) => boolean)[] = [
    (path) => !path.startsWith("image_encoder/"),
    (path) => !path.startsWith("tokenizer/"),
    (path) => path === "model_index.json",
    (path) => path === "unet/config.json",
    () => false,
  ];
  for (const rest of rests) {
    await withPartial(rest, async ({ get }) => await assertWhole(await get()));
  }
});

Deno.test("A link whose content never came is completed", async () => {
  await withPartial(() => true, async ({ snapshot, get }) => {
    const path = join(snapshot, "vae/diffusion_pytorch_model.safetensors");
    await Deno.remove(await Deno.realPath(path));
    await assertWhole(await get());
  });
});

Deno.test("A whole snapshot of Python is compared with the hub once", async () => {
  await withPartial(() => true, async ({ hub, get }) => {
    await assertWhole(await get());
    assertEquals(hub.downloads, []);
    assertEquals(hub.requests.length, 1);
    await get();
    assertEquals(hub.requests.length, 1);
  });
});

Deno.test("Offline, a snapshot that holds what is needed is used", async () => {
  const optional = "tokenizer/special_tokens_map.json";
  await withPartial((path) => path !== optional, async (place) => {
    assertEquals(await place.get({ offline: true }), place.snapshot);
    assertEquals(place.hub.requests, []);
  });
});

Deno.test("Offline, what is missing is named", async () => {
  const needed = Object.keys(MODEL).filter((path) =>
    !/special_tokens|tokenizer_config|image_encoder|model_index/.test(path)
  );
  for (const lost of needed) {
    await withPartial((path) => path !== lost, async ({ hub, get }) => {
      const error = await assertRejects(
        () => get({ offline: true }),
        LocRefError,
        "HF_HUB_OFFLINE forbids to fetch it",
      );
      assertEquals(error.code, "hub");
      const name = lost.split("/").at(-1)!;
      const part = lost.split("/")[0]!;
      // Weights of a part may have several names.
      const expected = /^(diffusion_pytorch_)?model\.safetensors/.test(name)
        ? part
        : name;
      assert(error.message.includes(expected), `${lost}: ${error.message}`);
      assertEquals(hub.requests, []);
    });
  }
});

Deno.test("Where the hub cannot be reached, a snapshot with all that is needed is used, with a warning", async () => {
  await withPartial(() => true, async ({ snapshot, get }) => {
    const warnings: string[] = [];
    const folder = await get({
      endpoint: "http://127.0.0.1:1",
      onWarning: (message) => warnings.push(message),
    });
    assertEquals(folder, snapshot);
    assertEquals(warnings.length, 1);
    assert(warnings[0]!.includes("could not be found out"), warnings[0]);
  });
});

Deno.test("Where the hub cannot be reached, a snapshot that lacks something is an error", async () => {
  const lost = "tokenizer/merges.txt";
  await withPartial((path) => path !== lost, async ({ get }) => {
    await assertRejects(
      () => get({ endpoint: "http://127.0.0.1:1" }),
      LocRefError,
      "could not be reached",
    );
  });
});

Deno.test("A tokenizer of tokenizer.json alone is whole", async () => {
  const files: Record<string, Uint8Array> = {
    ...MODEL,
    "tokenizer/tokenizer.json": bytes("[ ]"),
  };
  delete files["tokenizer/vocab.json"];
  delete files["tokenizer/merges.txt"];
  await withPartial(() => true, async ({ snapshot, get }) => {
    assertEquals(await get({ offline: true }), snapshot);
  }, files);
});

Deno.test("Shards are fetched by the names that the index gives, whatever these are", async () => {
  const stem = "unet/diffusion_pytorch_model";
  const files: Record<string, Uint8Array> = {
    ...MODEL,
    [`${stem}.safetensors.index.json`]: indexOf(
      "first.safetensors",
      "second.safetensors",
    ),
    "unet/first.safetensors": bytes("1"),
    "unet/second.safetensors": bytes("2"),
  };
  delete files[`${stem}-00001-of-00002.safetensors`];
  delete files[`${stem}-00002-of-00002.safetensors`];
  await withPartial(
    (path) => path !== "unet/second.safetensors",
    async ({ get }) => {
      await assertRejects(
        () => get({ offline: true }),
        LocRefError,
        "unet/second.safetensors",
      );
      await assertWhole(await get(), files);
    },
    files,
  );
});

Deno.test("A repository that itself lacks a file says which", async () => {
  for (
    const [lost, sentence] of [
      [
        "tokenizer/merges.txt",
        "tokenizer/merges.txt, or tokenizer/tokenizer.json is missing",
      ],
      ["vae/config.json", "vae/config.json is missing"],
      [
        "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
        "diffusion_pytorch_model-00002-of-00002.safetensors is missing",
      ],
    ] as const
  ) {
    const files = { ...MODEL };
    delete files[lost];
    await withPartial(() => false, async ({ get }) => {
      await assertRejects(() => get(), LocRefError, sentence);
    }, files);
  }
});
