import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { parseHubName } from "../../../lib/weights/hub/name.ts";
import {
  resolveModelFile,
  resolveModelFolder,
  resolveOnnxFile,
} from "../../../lib/weights/resolve_model.ts";
import { REPO, startHub } from "./loopback_hub.ts";
import { inTempDir } from "./temp_dir.ts";

Deno.test("Names on the hub are taken apart", () => {
  assertEquals(parseHubName("me/model"), {
    id: "me/model",
    revision: undefined,
    path: undefined,
  });
  assertEquals(parseHubName("me/model@v1.0")?.revision, "v1.0");
  assertEquals(parseHubName("me/model@refs/pr/3:unet/"), {
    id: "me/model",
    revision: "refs/pr/3",
    path: "unet",
  });
  assertEquals(parseHubName("h94/IP-Adapter/models/x.safetensors"), {
    id: "h94/IP-Adapter",
    revision: undefined,
    path: "models/x.safetensors",
  });
  for (const text of ["pocket", "/abs/path", "../up/one", "a b/c", "a--b/c"]) {
    assertEquals(parseHubName(text), undefined, text);
  }
  assertThrows(() => parseHubName("me/model/../../etc"), TypeError);
  assertThrows(() => parseHubName("me/model@../../etc"), TypeError);
});

Deno.test("A folder and a file that are there are taken as they are", async () => {
  await inTempDir(async (dir) => {
    assertEquals(await resolveModelFolder(dir), dir);
    const file = join(dir, "x.safetensors");
    await Deno.writeTextFile(file, "");
    assertEquals(await resolveModelFile(file), file);
    await assertRejects(
      () => resolveModelFolder(file),
      LocRefError,
      "is a file, where the folder of a model was expected",
    );
    await assertRejects(
      () => resolveModelFolder(join(dir, "gone")),
      LocRefError,
      "There is no folder",
    );
  });
});

Deno.test("A pickle is refused by its name alone", async () => {
  await assertRejects(
    () => resolveModelFile("h94/IP-Adapter/models/ip-adapter_sd15.bin"),
    LocRefError,
    "models/ip-adapter_sd15.safetensors beside it",
  );
});

Deno.test("An encoder and an adapter of a repository are fetched alone", async () => {
  const text = new TextEncoder().encode("{}");
  const hub = startHub({
    files: {
      "models/adapter.safetensors": new TextEncoder().encode("[]"),
      "models/image_encoder/config.json": text,
      "models/image_encoder/model.safetensors": new Uint8Array(3),
      "models/other.safetensors": text,
    },
  });
  try {
    await inTempDir(async (cacheDir) => {
      const options = { endpoint: hub.endpoint, cacheDir, offline: false };
      const folder = await resolveModelFolder(
        `${REPO}/models/image_encoder`,
        options,
      );
      const file = await resolveModelFile(
        `${REPO}/models/adapter.safetensors`,
        options,
      );
      assertEquals(await Deno.readFile(join(folder, "config.json")), text);
      assertEquals(await Deno.readTextFile(file), "[]");
      assertEquals(hub.downloads.toSorted(), [
        "models/adapter.safetensors",
        "models/image_encoder/config.json",
        "models/image_encoder/model.safetensors",
      ]);
      await assertRejects(
        () => resolveModelFile(REPO, options),
        LocRefError,
        "names a repository, where a file was expected",
      );
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("The one ONNX model of a repository is found, with its data beside it", async () => {
  const bytes = (value: number) => Uint8Array.of(value);
  const files: Record<string, Uint8Array> = {
    "config.json": bytes(1),
    "onnx/model.onnx": bytes(2),
    "onnx/model.onnx_data": bytes(3),
    "onnx/model_quantized.onnx": bytes(4),
  };
  const hub = startHub({ files });
  try {
    await inTempDir(async (cacheDir) => {
      const options = { endpoint: hub.endpoint, cacheDir, offline: false };
      const path = await resolveOnnxFile(REPO, options);
      assertEquals(await Deno.readFile(path), bytes(2));
      assertEquals(await Deno.readFile(`${path}_data`), bytes(3));
      assertEquals(hub.downloads.length, 2);
      const other = await resolveOnnxFile(
        `${REPO}/onnx/model_quantized.onnx`,
        options,
      );
      assertEquals(await Deno.readFile(other), bytes(4));
      await assertRejects(
        () => resolveOnnxFile(`${REPO}/gone.onnx`, options),
        LocRefError,
        "holds no gone.onnx: it has onnx/model.onnx, onnx/model_quantized.onnx",
      );
    });
  } finally {
    await hub.stop();
  }
});

for (
  const [name, denied, sentence] of [
    [
      "net",
      { net: false },
      /^--allow-net=127\.0\.0\.1:59999 is missing: me\/model is fetched/,
    ],
    [
      "env",
      { net: false, env: false, sys: false },
      /^--allow-env=HOME is missing: the hub's cache lies/,
    ],
    [
      "write",
      { write: false },
      /^--allow-write is missing: me\/model is kept in the hub's cache$/,
    ],
  ] as const
) {
  Deno.test({
    name: `without permission "${name}" a model on the hub is one sentence`,
    permissions: {
      read: true,
      env: true,
      write: true,
      net: true,
      sys: true,
      ...denied,
    },
    fn: async () => {
      const hub = name === "write"
        ? startHub({
          files: {
            "config.json": new Uint8Array(2),
            "model.safetensors": new Uint8Array(8),
          },
        })
        : undefined;
      try {
        const error = await assertRejects(
          () =>
            resolveModelFolder(REPO, {
              endpoint: hub?.endpoint ?? "http://127.0.0.1:59999",
              cacheDir: name === "env" ? undefined : "/nowhere/at/all",
              offline: false,
            }),
          LocRefError,
        );
        assertEquals(error.code, "permission-missing");
        assertMatch(error.message, sentence);
      } finally {
        await hub?.stop();
      }
    },
  });
}
