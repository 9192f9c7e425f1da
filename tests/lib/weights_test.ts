/** Runs where Python has huggingface_hub and safetensors: `LOCREF_PYTHON`, else `python3`. */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { fetchRepo } from "../../lib/weights/hub/hub.ts";
import { resolveModelFolder } from "../../lib/weights/resolve_model.ts";
import { openSafetensors } from "../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../lib/weights/safetensors/write_safetensors.ts";
import { type LoopbackHub, REPO, startHub } from "./weights/loopback_hub.ts";
import { inTempDir } from "./weights/temp_dir.ts";

const python = Deno.env.get("LOCREF_PYTHON") ?? "python3";

async function runPython(
  code: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(python, {
    args: ["-c", code],
    env: { HF_HUB_DISABLE_PROGRESS_BARS: "1", HF_HUB_DISABLE_XET: "1", ...env },
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout).trim();
}

const ignore = !await runPython(
  "import huggingface_hub, safetensors.numpy, filelock",
).then(() => true, () => false);

const ignoreDiffusers = ignore ||
  !await runPython("import torch, diffusers, transformers")
    .then(() => true, () => false);

const files = {
  "model_index.json": new TextEncoder().encode("{}"),
  "unet/config.json": new TextEncoder().encode('{"a": 1}'),
  "unet/model.safetensors": Uint8Array.from({ length: 70_000 }, (_, i) => i),
  "other.safetensors": new Uint8Array(10),
};

async function withHub(
  run: (hub: LoopbackHub, cacheDir: string) => Promise<void>,
) {
  const hub = startHub({ files });
  try {
    await inTempDir((dir) => run(hub, dir));
  } finally {
    await hub.stop();
  }
}

Deno.test({
  name: "Python finds offline what was fetched here",
  ignore,
  async fn() {
    await withHub(async (hub, cacheDir) => {
      const patterns = ["*.json", "unet/*"];
      const folder = await fetchRepo(REPO, {
        endpoint: hub.endpoint,
        cacheDir,
        patterns,
        offline: false,
      });
      const printed = await runPython(
        `
from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download
cache = ${JSON.stringify(cacheDir)}
print(snapshot_download("${REPO}", cache_dir=cache))
print(snapshot_download("${REPO}", cache_dir=cache, allow_patterns=${
          JSON.stringify(patterns)
        }))
print(hf_hub_download("${REPO}", "unet/model.safetensors", cache_dir=cache))
info = scan_cache_dir(cache)
print(len(info.repos), len(info.warnings), list(info.repos)[0].nb_files)
`,
        { HF_HUB_OFFLINE: "1", HF_ENDPOINT: "http://127.0.0.1:1" },
      );
      assertEquals(printed.split("\n"), [
        folder,
        folder,
        join(folder, "unet/model.safetensors"),
        "1 0 3",
      ]);
    });
  },
});

Deno.test({
  name: "What Python fetched is read here without a request",
  ignore,
  async fn() {
    await withHub(async (hub, cacheDir) => {
      const printed = await runPython(
        `
from huggingface_hub import snapshot_download
print(snapshot_download("${REPO}", cache_dir=${JSON.stringify(cacheDir)},
  allow_patterns=["*.json", "unet/*"]))
`,
        { HF_ENDPOINT: hub.endpoint },
      );
      hub.requests.length = 0;
      const options = {
        endpoint: hub.endpoint,
        cacheDir,
        offline: false,
        files: [
          "model_index.json",
          "unet/config.json",
          "unet/model.safetensors",
        ],
      };
      const folder = await fetchRepo(REPO, options);
      assertEquals(folder, printed);
      assertEquals(hub.requests, []);
      await fetchRepo(REPO, { ...options, files: ["other.safetensors"] });
      assertEquals(hub.downloads.at(-1), "other.safetensors");
    });
  },
});

Deno.test({
  name: "A file that is locked here is locked for Python's huggingface_hub",
  ignore,
  async fn() {
    await inTempDir(async (dir) => {
      const path = join(dir, "x.lock");
      const file = await Deno.open(path, { create: true, write: true });
      assert(await file.tryLock(true));
      const code = `
from filelock import FileLock, Timeout
try:
  FileLock(${JSON.stringify(path)}, timeout=0).acquire(); print("free")
except Timeout: print("locked")
`;
      assertEquals(await runPython(code), "locked");
      file.close();
      assertEquals(await runPython(code), "free");
    });
  },
});

Deno.test({
  name: "Python reads what is written here, and the other way round",
  ignore,
  async fn() {
    await inTempDir(async (dir) => {
      const [ours, theirs] = [join(dir, "a"), join(dir, "b")];
      const values = Float32Array.of(0.1, -2, 65504, 1e-7, 3, 4);
      await writeSafetensors(
        ours,
        new Map([
          ["x", { shape: [2, 3], data: values }],
          ["ids", { shape: [2], dtype: "I64", data: Int32Array.of(-1, 7) }],
          ["half", { shape: [6], dtype: "F16", data: values }],
          ["none", { shape: [0], data: new Float32Array(0) }],
        ]),
        { metadata: { format: "locref", über: "ß" } },
      );
      const printed = await runPython(`
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
t = load_file(${JSON.stringify(ours)})
print(sorted((k, str(v.dtype), v.shape) for k, v in t.items()))
print(t["ids"].tolist(), (t["half"] == t["x"].reshape(-1).astype("float16")).all())
print(safe_open(${JSON.stringify(ours)}, "np").metadata()["über"])
save_file(t, ${JSON.stringify(theirs)}, metadata={"format": "pt"})
`);
      assertEquals(printed.split("\n"), [
        "[('half', 'float16', (6,)), ('ids', 'int64', (2,)), ('none', 'float32', (0,)), ('x', 'float32', (2, 3))]",
        "[-1, 7] True",
        "ß",
      ]);
      const back = await openSafetensors(theirs);
      assertEquals(await back.read("x"), values);
      assertEquals((await back.readTensor("ids")).data, Int32Array.of(-1, 7));
      assertEquals(back.metadata, { format: "pt" });
    });
  },
});

/** All files of a golden model, by their paths in a repository. */
async function goldenModel(): Promise<Record<string, Uint8Array>> {
  const root = new URL("../goldens/sd-tiny/", import.meta.url);
  const found: Record<string, Uint8Array> = {};
  const parts = ["", "scheduler/", "text_encoder/", "tokenizer/", "unet/"];
  for (const part of [...parts, "vae/"]) {
    for await (const { name, isFile } of Deno.readDir(new URL(part, root))) {
      if (!isFile) continue;
      found[part + name] = await Deno.readFile(new URL(part + name, root));
    }
  }
  return found;
}

function loadWithDiffusers(cacheDir: string): string {
  return `
from diffusers import StableDiffusionPipeline
pipe = StableDiffusionPipeline.from_pretrained("${REPO}",
  cache_dir=${JSON.stringify(cacheDir)}, safety_checker=None)
print(type(pipe.unet).__name__)
`;
}

Deno.test({
  name: "diffusers loads offline a model fetched here, and the other way round",
  ignore: ignoreDiffusers,
  async fn() {
    const model = await goldenModel();
    const hub = startHub({
      files: {
        ...model,
        "unet/diffusion_pytorch_model.bin": new Uint8Array(9),
      },
    });
    const options = { endpoint: hub.endpoint, offline: false };
    try {
      await inTempDir(async (cacheDir) => {
        await resolveModelFolder(REPO, { ...options, cacheDir });
        const loaded = await runPython(loadWithDiffusers(cacheDir), {
          HF_HUB_OFFLINE: "1",
        });
        assertEquals(loaded, "UNet2DConditionModel");
      });
      await inTempDir(async (cacheDir) => {
        await runPython(loadWithDiffusers(cacheDir), {
          HF_ENDPOINT: hub.endpoint,
        });
        hub.requests.length = 0;
        await resolveModelFolder(REPO, { ...options, cacheDir });
        assertEquals(hub.requests, []);
      });
    } finally {
      await hub.stop();
    }
  },
});
