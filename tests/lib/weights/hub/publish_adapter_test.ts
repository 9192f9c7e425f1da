import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { createHash } from "node:crypto";
import { LocRefError } from "../../../../lib/core/error.ts";
import { modelCard } from "../../../../lib/weights/hub/model_card.ts";
import { publishAdapter } from "../../../../lib/weights/hub/publish_adapter.ts";
import { inTempDir } from "../temp_dir.ts";

const adapter = new URL(
  "../../../goldens/locref/locref-tiny.safetensors",
  import.meta.url,
);

/** A hub that takes what is sent to it. */
function startReceivingHub(status = 200) {
  const large = new Map<string, Uint8Array>();
  const committed: { key: string; value: Record<string, string> }[] = [];
  const tokens = new Set<string | null>();
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      tokens.add(request.headers.get("authorization"));
      if (pathname.startsWith("/upload/")) {
        large.set(pathname.slice(8), await request.bytes());
        return new Response();
      }
      const text = await request.text();
      if (pathname === "/api/repos/create") {
        return Response.json({ error: "exists" }, { status: 409 });
      }
      if (status !== 200) return Response.json({ error: "no" }, { status });
      if (pathname.includes("/preupload/")) {
        const files = JSON.parse(text).files.map(
          ({ path }: { path: string }) => ({
            path,
            uploadMode: path.endsWith(".safetensors") ? "lfs" : "regular",
          }),
        );
        return Response.json({ files });
      }
      if (pathname.endsWith("/info/lfs/objects/batch")) {
        const { objects } = JSON.parse(text);
        return Response.json({
          transfer: "basic",
          objects: objects.map((object: { oid: string; size: number }) => ({
            ...object,
            actions: {
              upload: {
                href: `${new URL(request.url).origin}/upload/${object.oid}`,
              },
            },
          })),
        });
      }
      committed.push(
        ...text.trim().split("\n").map((line) => JSON.parse(line)),
      );
      return Response.json({ commitUrl: "x", commitOid: "a".repeat(40) });
    },
  );
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    large,
    committed,
    tokens,
    stop: () => server.shutdown(),
  };
}

async function inAdapterFolder(run: (folder: string) => Promise<void>) {
  await inTempDir(async (folder) => {
    await Deno.copyFile(adapter, join(folder, "adapter.safetensors"));
    await Deno.writeTextFile(
      join(folder, "training.json"),
      '{"learningRate": 0.0001, "loss": {"foreground": 2.3}}',
    );
    await Deno.writeTextFile(
      join(folder, "results.json"),
      '{"map50": 0.71234567, "scenes": [1, 2, 3, 4, 5, 6, 7, 8, 9]}',
    );
    await Deno.mkdir(join(folder, "checkpoints"));
    await Deno.writeTextFile(join(folder, "checkpoints/step-1"), "");
    await run(folder);
  });
}

const files = [
  "README.md",
  "adapter.safetensors",
  "results.json",
  "training.json",
];

Deno.test("An adapter is sent with its records and a card", async () => {
  const hub = startReceivingHub();
  try {
    await inAdapterFolder(async (folder) => {
      const done = await publishAdapter(folder, "me/mine", {
        endpoint: hub.endpoint,
        token: "hf_writer",
        offline: false,
        license: "mit",
      });
      assertEquals(done.url, `${hub.endpoint}/me/mine`);
      assertEquals(done.files, files);
      const bytes = await Deno.readFile(adapter);
      const oid = createHash("sha256").update(bytes).digest("hex");
      assertEquals(hub.large.get(oid), bytes);
      const sent = hub.committed.filter(({ key }) => key !== "header").map(
        ({ value }) => value,
      );
      assertEquals(sent.map(({ path }) => path).sort(), files);
      const card = sent.find(({ path }) => path === "README.md")!;
      assertEquals(atob(card.content!), done.card);
      assertStringIncludes(done.card, oid);
      assertEquals([...hub.tokens].filter(Boolean), ["Bearer hf_writer"]);
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("Records and card are published without folders of this machine", async () => {
  const hub = startReceivingHub();
  try {
    await inAdapterFolder(async (folder) => {
      await Deno.writeTextFile(
        join(folder, "training.json"),
        JSON.stringify({ out: "/home/ann/runs/mine", base: "org/base" }),
      );
      const { card } = await publishAdapter(folder, "me/mine", {
        endpoint: hub.endpoint,
        token: "hf_writer",
        offline: false,
      });
      assertStringIncludes(card, "| out | mine |");
      const sent = hub.committed.find(({ value }) =>
        value.path === "training.json"
      )!;
      assertEquals(JSON.parse(atob(sent.value.content!)), {
        out: "mine",
        base: "org/base",
      });
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("A dry run sends nothing and says what it would send", async () => {
  await inAdapterFolder(async (folder) => {
    const done = await publishAdapter(folder, "me/mine", {
      endpoint: "http://127.0.0.1:1",
      dryRun: true,
    });
    assertEquals(done.files, files);
    assertStringIncludes(done.card, "| map50 | 0.71235 |");
    assertStringIncludes(done.card, "| loss.foreground | 2.3 |");
    assert(!done.card.includes("scenes"));
  });
});

Deno.test("A folder's own README is its card", async () => {
  await inAdapterFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "README.md"), "# Mine\n");
    const { card } = await publishAdapter(folder, "me/mine", { dryRun: true });
    assertEquals(card, "# Mine\n");
  });
});

Deno.test("What keeps an adapter from being published is one sentence", async () => {
  const hub = startReceivingHub(403);
  const options = { endpoint: hub.endpoint, token: "hf_x", offline: false };
  try {
    await inAdapterFolder(async (folder) => {
      await assertRejects(
        () => publishAdapter(folder, "me/mine", options),
        LocRefError,
        "me/mine could not be published: no",
      );
      await assertRejects(
        () => publishAdapter(folder, "me/mine", { ...options, offline: true }),
        LocRefError,
        "HF_HUB_OFFLINE forbids to publish",
      );
      await assertRejects(
        () => publishAdapter(folder, "mine", options),
        TypeError,
        'expected "organisation/repository"',
      );
      await Deno.writeTextFile(join(folder, "optimizer.pt"), "");
      await assertRejects(
        () => publishAdapter(folder, "me/mine", options),
        LocRefError,
        "optimizer.pt is a Python pickle",
      );
    });
    await inTempDir(async (folder) => {
      await assertRejects(
        () => publishAdapter(folder, "me/mine", options),
        LocRefError,
        "holds no LocRef adapter",
      );
    });
  } finally {
    await hub.stop();
  }
});

Deno.test("A card names licence and base in its front matter and escapes what it quotes", () => {
  const card = modelCard({
    id: "me/mine",
    adapter: "a.safetensors",
    sha256: "0",
    license: "apache-2.0",
    metadata: { base: "me/base", note: "a|b\nc" },
  });
  assert(
    card.startsWith('---\nlicense: "apache-2.0"\nbase_model: "me/base"\n'),
  );
  assertStringIncludes(card, "| note | a\\|b c |");
});
