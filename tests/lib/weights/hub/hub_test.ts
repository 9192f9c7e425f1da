import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  fetchFile,
  fetchRepo,
  type FetchRepoOptions,
} from "../../../../lib/weights/hub/hub.ts";
import type { HubProgress } from "../../../../lib/weights/hub/progress.ts";
import {
  type Fault,
  type HubSetup,
  type LoopbackHub,
  REPO,
  startHub,
} from "../loopback_hub.ts";
import { inTempDir } from "../temp_dir.ts";

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from(
    { length },
    (_, i) => (i * 31 * seed + (i >> 8)) & 255,
  );
}

const FILES = {
  "config.json": new TextEncoder().encode('{"a": 1}'),
  "unet/weights.safetensors": bytes(200_000),
  "vae/weights.safetensors": bytes(5_000, 3),
  "empty.txt": new Uint8Array(0),
};

interface Place {
  hub: LoopbackHub;
  cacheDir: string;
  get(options?: FetchRepoOptions): Promise<string>;
}

async function withHub(
  setup: Partial<HubSetup>,
  run: (place: Place) => Promise<void>,
): Promise<void> {
  const hub = startHub({ files: FILES, ...setup });
  try {
    await inTempDir((cacheDir) =>
      run({
        hub,
        cacheDir,
        get: (options) =>
          fetchRepo(REPO, {
            endpoint: hub.endpoint,
            cacheDir,
            token: undefined,
            offline: false,
            retry: { delay: 1, timeout: 2_000 },
            ...options,
          }),
      })
    );
  } finally {
    await hub.stop();
  }
}

async function assertWhole(folder: string) {
  for (const [path, data] of Object.entries(FILES)) {
    assertEquals(await Deno.readFile(join(folder, path)), data, path);
  }
}

async function leftovers(cacheDir: string): Promise<string[]> {
  const blobs = join(cacheDir, "models--me--model", "blobs");
  const names: string[] = [];
  for await (const { name } of Deno.readDir(blobs)) names.push(name);
  return names.filter((name) => !/^[0-9a-f]+$/.test(name)).sort();
}

Deno.test("A repository is fetched once and then read without a request", async () => {
  await withHub({ pageSize: 2 }, async ({ hub, get }) => {
    const folder = await get();
    await assertWhole(folder);
    assertEquals(hub.downloads.length, 3);
    hub.requests.length = 0;
    assertEquals(await get(), folder);
    assertEquals(await get({ offline: true }), folder);
    assertEquals(hub.requests, []);
  });
});

Deno.test("The cache has the layout of Python's huggingface_hub", async () => {
  await withHub({}, async ({ hub, cacheDir, get }) => {
    const folder = await get();
    const repo = join(cacheDir, "models--me--model");
    assertEquals(folder, join(repo, "snapshots", hub.commit));
    assertEquals(await Deno.readTextFile(join(repo, "refs/main")), hub.commit);
    const target = await Deno.readLink(join(folder, "vae/weights.safetensors"));
    assertMatch(target, /^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
    assertMatch(
      await Deno.readLink(join(folder, "config.json")),
      /^\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/,
    );
  });
});

const passing: Fault[] = [
  "cut",
  "truncate",
  "status-429",
  "status-503",
  "too-long",
];
for (const fault of passing) {
  Deno.test(`A download survives ${fault}`, async () => {
    await withHub({ faults: [fault, fault] }, async ({ hub, get }) => {
      const path = "unet/weights.safetensors";
      const folder = await get({ files: [path] });
      assertEquals(await Deno.readFile(join(folder, path)), FILES[path]);
      assertEquals(hub.downloads.length, 3);
    });
  });
}

Deno.test("After a cut only the rest is fetched", async () => {
  await withHub({ faults: ["cut", "truncate"] }, async ({ hub, get }) => {
    const path = "unet/weights.safetensors";
    await get({ files: [path] });
    assertEquals(hub.downloads, [
      path,
      `${path} bytes=100000-`,
      `${path} bytes=150000-`,
    ]);
  });
});

Deno.test("A download cut for good goes on in the next run", async () => {
  await withHub({ faults: ["cut"] }, async ({ hub, cacheDir, get }) => {
    const path = "unet/weights.safetensors";
    const options = { files: [path], retry: { attempts: 1 } };
    await assertRejects(
      () => get(options),
      LocRefError,
      `Could not fetch ${path} of me/model in 1 try: `,
    );
    assertEquals((await leftovers(cacheDir)).length, 1);
    const folder = await get(options);
    assertEquals(hub.downloads, [path, `${path} bytes=100000-`]);
    assertEquals(await Deno.readFile(join(folder, path)), FILES[path]);
    assertEquals(await leftovers(cacheDir), []);
  });
});

for (const fault of ["ignore-range", "wrong-range", "status-416"] as Fault[]) {
  Deno.test(`A resumed download survives ${fault}`, async () => {
    await withHub({ faults: ["cut", fault] }, async ({ get }) => {
      const path = "unet/weights.safetensors";
      const folder = await get({ files: [path] });
      assertEquals(await Deno.readFile(join(folder, path)), FILES[path]);
    });
  });
}

Deno.test("A line that falls silent is given up and taken up again", async () => {
  await withHub({ faults: ["stall"] }, async ({ hub, get }) => {
    const path = "unet/weights.safetensors";
    const folder = await get({
      files: [path],
      retry: { delay: 1, timeout: 100 },
    });
    assertEquals(await Deno.readFile(join(folder, path)), FILES[path]);
    assertEquals(hub.downloads[1], `${path} bytes=100000-`);
  });
});

Deno.test("Wrong bytes are thrown away and never get their name", async () => {
  for (const path of ["unet/weights.safetensors", "config.json"]) {
    await withHub({ faults: ["wrong-bytes"] }, async ({ cacheDir, get }) => {
      await assertRejects(
        () => get({ files: [path] }),
        LocRefError,
        `${path} of me/model came with`,
      );
      assertEquals(await leftovers(cacheDir), []);
      const folder = await get({ files: [path] });
      await Deno.stat(join(folder, path));
    });
  }
});

Deno.test("A part that was spoilt on disk is fetched anew", async () => {
  await withHub({ faults: ["cut"] }, async ({ hub, cacheDir, get }) => {
    const path = "unet/weights.safetensors";
    const options = { files: [path], retry: { attempts: 1 } };
    await assertRejects(() => get(options), LocRefError);
    const [part] = await leftovers(cacheDir);
    const file = join(cacheDir, "models--me--model", "blobs", part!);
    await Deno.writeFile(file, new Uint8Array(100_000));
    const folder = await get(options);
    assertEquals(await Deno.readFile(join(folder, path)), FILES[path]);
    assertEquals(hub.downloads.at(-1), path);
  });
});

Deno.test("Content that is not what the hub lists is refused", async () => {
  await withHub({ staleHash: true }, async ({ get }) => {
    const error = await assertRejects(
      () => get({ files: ["vae/weights.safetensors"] }),
      LocRefError,
      "sha256",
    );
    assertEquals(error.code, "hub");
  });
});

Deno.test("A redirect is followed without handing on the token", async () => {
  await withHub(
    { redirect: true, faults: ["cut"] },
    async ({ hub, get }) => {
      await assertWhole(await get({ token: "hf_secret", concurrency: 1 }));
      assert(hub.downloads.includes("vae/weights.safetensors"));
      assertEquals(hub.leaked, []);
    },
  );
});

Deno.test("Requests for commit and list are tried again on 429 and 5xx", async () => {
  await withHub(
    { apiStatuses: [503, 429, 500] },
    async ({ get }) => await assertWhole(await get()),
  );
});

Deno.test("A hub that stays down is named in one sentence", async () => {
  await withHub(
    { apiStatuses: Array(9).fill(503) },
    async ({ get }) => {
      await assertRejects(
        () => get({ retry: { attempts: 3, delay: 1 } }),
        LocRefError,
        "Could not ask about me/model in 3 tries: the hub returned status 503",
      );
    },
  );
});

Deno.test("A hub that cannot be reached is named in one sentence", async () => {
  await withHub({}, async ({ get }) => {
    await assertRejects(
      () =>
        get({
          endpoint: "http://127.0.0.1:1",
          retry: { attempts: 2, delay: 1 },
        }),
      LocRefError,
      "127.0.0.1:1 could not be reached",
    );
  });
});

Deno.test("Gated, private and missing repositories each say what to do", async () => {
  const cases: [number, string | undefined, string, string][] = [
    [403, "GatedRepo", "", "is gated: accept its terms at"],
    [403, "GatedRepo", "x", "the account of this token has no access"],
    [401, "RepoNotFound", "", "put a token that may read it into HF_TOKEN"],
    [401, "RepoNotFound", "x", "the token in HF_TOKEN may not read it"],
    [404, undefined, "", "does not exist at revision"],
  ];
  for (const [status, code, token, sentence] of cases) {
    await withHub({ refuse: { status, code } }, async ({ get }) => {
      await assertRejects(() => get({ token }), LocRefError, sentence);
    });
  }
});

Deno.test("A token opens a private repository", async () => {
  const setup = { refuse: { status: 401 }, token: "hf_good" };
  await withHub(setup, async ({ get }) => {
    await assertWhole(await get({ token: "hf_good" }));
  });
});

Deno.test("A revision that is not there is named", async () => {
  await withHub({}, async ({ get }) => {
    await assertRejects(
      () => get({ revision: "gone" }),
      LocRefError,
      'me/model has no revision "gone"',
    );
  });
});

Deno.test("A file that is not there is named, and pickles are refused by name", async () => {
  await withHub({}, async ({ hub, get }) => {
    await assertRejects(
      () => get({ files: ["nothing.json"] }),
      LocRefError,
      "me/model has no file nothing.json",
    );
    hub.requests.length = 0;
    await assertRejects(
      () => get({ files: ["unet/pytorch_model.bin"] }),
      LocRefError,
      "is a Python pickle",
    );
    assertEquals(hub.requests, []);
  });
});

Deno.test("Only the files that a pattern names are fetched", async () => {
  await withHub({}, async ({ hub, get }) => {
    const folder = await get({ patterns: ["*.json", "vae/*"] });
    assertEquals(hub.downloads.toSorted(), [
      "config.json",
      "vae/weights.safetensors",
    ]);
    await assertRejects(() => Deno.stat(join(folder, "empty.txt")));
  });
});

Deno.test("A moved branch is seen on refresh, and content that stayed is not fetched again", async () => {
  await withHub({}, async ({ hub, get }) => {
    const before = await get();
    hub.commit = "f".repeat(40);
    hub.setup.files = { ...FILES, "config.json": Uint8Array.of(1, 2) };
    hub.downloads.length = 0;
    assertEquals(await get(), before);
    const after = await get({ refresh: true });
    assertStringIncludes(after, "f".repeat(40));
    assertEquals(hub.downloads, ["config.json"]);
    assertEquals(
      await Deno.readFile(join(after, "config.json")),
      Uint8Array.of(1, 2),
    );
  });
});

Deno.test("A cache without listings, as older programs leave it, is read without a request", async () => {
  await withHub({}, async ({ hub, cacheDir, get }) => {
    const folder = await get();
    await Deno.remove(join(cacheDir, "models--me--model", "trees"), {
      recursive: true,
    });
    hub.requests.length = 0;
    const files = ["config.json", "vae/weights.safetensors"];
    assertEquals(await get({ files }), folder);
    assertEquals(hub.requests, []);
  });
});

Deno.test("A blob that was cut short on disk is fetched again", async () => {
  await withHub({}, async ({ hub, get }) => {
    const path = "vae/weights.safetensors";
    const folder = await get();
    await Deno.truncate(await Deno.realPath(join(folder, path)), 10);
    hub.downloads.length = 0;
    await assertWhole(await get());
    assertEquals(hub.downloads, [path]);
  });
});

Deno.test("Offline, what is not in the cache is an error and no request", async () => {
  await withHub({}, async ({ hub, get }) => {
    await assertRejects(
      () => get({ offline: true }),
      LocRefError,
      "HF_HUB_OFFLINE forbids to fetch it",
    );
    assertEquals(hub.requests, []);
  });
});

Deno.test("Too little disk space is said before the first byte", async () => {
  await withHub({}, async ({ hub, get }) => {
    await assertRejects(
      () => get({ freeBytes: () => Promise.resolve(100_000) }),
      LocRefError,
      "me/model needs 205 kB more",
    );
    assertEquals(hub.downloads, []);
  });
});

Deno.test("An aborted download stops with the signal's reason and can go on", async () => {
  await withHub({ faults: ["stall"] }, async ({ hub, get }) => {
    const controller = new AbortController();
    const path = "unet/weights.safetensors";
    const error = await assertRejects(() =>
      get({
        files: [path],
        signal: controller.signal,
        onProgress: () => controller.abort(new Error("enough")),
      })
    );
    assertEquals((error as Error).message, "enough");
    await get({ files: [path] });
    assertMatch(hub.downloads.at(-1)!, / bytes=[1-9]\d*-$/);
  });
});

Deno.test("Progress ends with all bytes and files", async () => {
  await withHub({ faults: ["cut"] }, async ({ get }) => {
    const seen: HubProgress[] = [];
    await get({ onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1)!;
    assertEquals(last.loaded, 205_008);
    assertEquals([last.total, last.filesDone, last.files], [205_008, 4, 4]);
    assert(last.secondsLeft !== undefined && last.bytesPerSecond > 0);
  });
});

/** Runs `fetch_once.ts` in a process of its own, which may write in `cacheDir` only. */
async function fetchInProcess(hub: LoopbackHub, cacheDir: string) {
  const root = new URL("../../../../", import.meta.url).pathname;
  const script = new URL("../fetch_once.ts", import.meta.url).pathname;
  const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      `--config=${root}deno.json`,
      `--allow-read=${cacheDir},${root}`,
      `--allow-write=${cacheDir}`,
      "--allow-net=127.0.0.1",
      "--allow-env",
      script,
      hub.endpoint,
      cacheDir,
      REPO,
    ],
  }).output();
  const text = new TextDecoder();
  assert(success, text.decode(stderr));
  return text.decode(stdout).trim();
}

Deno.test("Where symbolic links are not allowed, hard links keep the disk single", async () => {
  await withHub({}, async ({ hub, cacheDir }) => {
    const folder = await fetchInProcess(hub, cacheDir);
    await assertWhole(folder);
    const shown = await Deno.lstat(join(folder, "vae/weights.safetensors"));
    assert(shown.isFile && !shown.isSymlink);
    assertEquals(shown.nlink, 2);
  });
});

Deno.test("Many processes that want one model download it once", async () => {
  const count = Number(Deno.env.get("LOCREF_TEST_PROCESSES") ?? 6);
  await withHub({}, async ({ hub, cacheDir }) => {
    const folders = await Promise.all(
      Array.from({ length: count }, () => fetchInProcess(hub, cacheDir)),
    );
    assertEquals(new Set(folders).size, 1);
    await assertWhole(folders[0]!);
    assertEquals(hub.downloads.toSorted(), [
      "config.json",
      "unet/weights.safetensors",
      "vae/weights.safetensors",
    ]);
  });
});

Deno.test("One file is fetched by its path", async () => {
  await withHub({}, async ({ hub, cacheDir }) => {
    const path = await fetchFile(REPO, "config.json", {
      endpoint: hub.endpoint,
      cacheDir,
    });
    assertEquals(await Deno.readTextFile(path), '{"a": 1}');
    assertEquals(hub.downloads, ["config.json"]);
  });
});
