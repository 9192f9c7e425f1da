import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import {
  fetchRepo,
  type FetchRepoOptions,
} from "../../../lib/weights/hub/hub.ts";
import { partOf } from "../../../lib/weights/hub/unfinished_file.ts";
import { guardToken } from "../../../lib/weights/hub/send.ts";
import { gitHash } from "./hub_content.ts";
import { inTempDir } from "./temp_dir.ts";

const COMMIT = "a".repeat(40);
const CONTENT = new TextEncoder().encode("{}");
const OID = gitHash(CONTENT);
const INFO = { _id: "x", id: "me/m", sha: COMMIT };

function listed(path: unknown, more: Record<string, unknown> = {}) {
  return { type: "file", path, size: CONTENT.length, oid: OID, ...more };
}

type Answer = (request: Request) => Response | Promise<Response>;

interface Answers {
  info?: Answer;
  tree?: Answer;
  content?: Answer;
}

/** Runs `run` with the address of a server that answers like a hub but where `answers` says else. */
async function withServer(
  answers: Answers,
  run: (endpoint: string) => Promise<void>,
): Promise<void> {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.includes("/tree/")) {
        return answers.tree?.(request) ??
          Response.json([listed("config.json")]);
      }
      return pathname.startsWith("/api/")
        ? answers.info?.(request) ?? Response.json(INFO)
        : answers.content?.(request) ?? new Response(CONTENT);
    },
  );
  try {
    await run(`http://127.0.0.1:${server.addr.port}`);
  } finally {
    await server.shutdown();
  }
}

async function getFrom(endpoint: string, options: FetchRepoOptions = {}) {
  await inTempDir(async (cacheDir) => {
    await fetchRepo("me/m", {
      endpoint,
      cacheDir,
      token: "hf_SECRET",
      offline: false,
      patterns: ["*"],
      retry: { attempts: 1, delay: 1, timeout: 5_000 },
      onWarning() {},
      ...options,
    });
  });
}

async function assertRefused(answers: Answers, label: string) {
  await withServer(answers, async (endpoint) => {
    const error = await assertRejects(
      () => getFrom(endpoint),
      LocRefError,
      undefined,
      label,
    );
    assertEquals(error.code, "hub");
    assert(error.message.length < 600, error.message);
    assert(!error.message.includes("\n"), error.message);
  });
}

const html = () => new Response("<html>\n<title>Log in</title></html>");

const infos: Record<string, Answer> = {
  "a page": html,
  "null": () => Response.json(null),
  "a list": () => Response.json([]),
  "a text": () => Response.json("x".repeat(10_000)),
  "another commit": () => Response.json({ sha: ["a".repeat(40)] }),
  "nothing": () => new Response(null),
  "bytes": () => new Response(new Uint8Array(5_000).fill(0xff)),
};

for (const [label, info] of Object.entries(infos)) {
  Deno.test(`A hub that sends ${label} for a revision is no hub`, async () => {
    await assertRefused({ info }, label);
  });
}

const trees: Record<string, unknown> = {
  "null": null,
  "an object": {},
  "a number": 5,
  "a list of null": [null],
  "a list of lists": [[1]],
  "no path": [listed(undefined)],
  "a number as path": [listed(5)],
  "an empty path": [listed("")],
  "a folder's path": [listed("x/")],
  "a doubled slash": [listed("x//y")],
  "a way up": [listed("../x")],
  "a way up inside": [listed("x/../../y")],
  "a way up by backslashes": [listed("x\\..\\..\\y")],
  "an absolute path": [listed("/etc/x")],
  "a drive": [listed("C:x")],
  "a drive's root": [listed("C:\\x")],
  "a share": [listed("\\\\host\\share")],
  "NUL": [listed("x\0y")],
  "a line end": [listed("x\ny")],
  "an escape": [listed("x\x1b[2Jy")],
  "a long name": [listed("x".repeat(300))],
  "a long name of few characters": [listed("ä".repeat(200))],
  "a long path": [listed("x/".repeat(3_000) + "y")],
  "a hash that is a path": [listed("x", { oid: "../../x" })],
  "a hash in a list": [listed("x", { oid: [OID] })],
  "no hash": [listed("x", { oid: null })],
  "a negative size": [listed("x", { size: -1 })],
  "a size as text": [listed("x", { size: "2" })],
  "a large file whose hash is a number": [listed("x", { lfs: { oid: 5 } })],
  "a large file whose hash is a path": [listed("x", {
    lfs: { oid: "../x", size: 2 },
  })],
  "a file that is a folder": [listed("x/y"), listed("x")],
};

for (const [label, tree] of Object.entries(trees)) {
  Deno.test(`A list of files with ${label} is refused in a sentence`, async () => {
    await assertRefused({ tree: () => Response.json(tree) }, label);
  });
}

Deno.test("A page in place of a list, and in place of a file, is refused in a sentence", async () => {
  await assertRefused({ tree: html }, "tree");
  await assertRefused({ content: html }, "content");
});

function linked(next: string, entries: unknown[] = []): Response {
  return Response.json(entries, { headers: { link: `<${next}>; rel="next"` } });
}

Deno.test("A list of files that never ends is given up", async () => {
  let page = 0;
  const endless = {
    "the same page": (request: Request) => linked(request.url),
    "always another page": (request: Request) =>
      linked(`${request.url}&cursor=${page++}`.slice(0, 200) + page),
  };
  for (const [label, tree] of Object.entries(endless)) {
    await assertRefused({ tree }, label);
  }
});

Deno.test("Answers that do nothing but nest, or hold millions of names, are given up at once", async () => {
  const start = performance.now();
  const names = Array.from({ length: 1_000_000 }, (_, i) => `"${i}":0`);
  for (const text of ["[".repeat(20_000_000), `{${names.join(",")}}`]) {
    await assertRefused({ tree: () => new Response(text) }, "tree");
    await assertRefused({ info: () => new Response(text) }, "info");
  }
  const took = performance.now() - start;
  assert(took < 15_000, `${took} ms`);
});

Deno.test("A list of files in the cache that leaves it is not believed", async () => {
  await withServer({}, async (endpoint) => {
    await inTempDir(async (cacheDir) => {
      const options = { endpoint, cacheDir, token: "", offline: false };
      await fetchRepo("me/m", options);
      const trees = join(cacheDir, "models--me--m", "trees");
      const list = join(trees, `${COMMIT}.locref.json`);
      for (
        const files of [
          { "../../escaped": { size: 2, blob_id: OID } },
          { "config.json": { size: 2, blob_id: "../../x" } },
          { "config.json": { size: "2", blob_id: OID } },
          { "config.json": null },
        ]
      ) {
        await Deno.writeTextFile(
          list,
          JSON.stringify({ format_version: 1, files }),
        );
        const folder = await fetchRepo("me/m", options);
        assertEquals(
          await Deno.readTextFile(join(folder, "config.json")),
          "{}",
        );
        assert(!(await Deno.readTextFile(list)).includes("escaped"));
      }
    });
  });
});

Deno.test("An answer of more bytes than any hub sends is given up", async () => {
  let sent = 0;
  const body = () =>
    new ReadableStream({
      pull(controller) {
        sent += 1 << 20;
        controller.enqueue(new Uint8Array(1 << 20).fill(32));
      },
    });
  await assertRefused({ tree: () => new Response(body()) }, "endless");
  assert(sent < 200 << 20, `${sent} bytes`);
});

/** Where a token was seen. */
async function withOther(
  run: (other: string, seen: (string | null)[]) => Promise<void>,
) {
  const seen: (string | null)[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) => {
      seen.push(request.headers.get("authorization"));
      const { pathname } = new URL(request.url);
      return pathname.includes("/tree/")
        ? Response.json([])
        : pathname.startsWith("/api/")
        ? Response.json(INFO)
        : new Response(CONTENT);
    },
  );
  try {
    await run(`127.0.0.1:${server.addr.port}`, seen);
  } finally {
    await server.shutdown();
  }
}

Deno.test("The token goes to no other host: by a list's next page, or by redirects", async () => {
  await withOther(async (other, seen) => {
    const away = (request: Request) =>
      Response.redirect(request.url.replace(/127\.0\.0\.1:\d+/, other), 307);
    const next = (request: Request) =>
      linked(request.url.replace(/127\.0\.0\.1:\d+/, other), [
        listed("config.json"),
      ]);
    const ways: Answers[] = [
      { tree: next },
      { tree: away },
      { info: away },
      { content: away },
    ];
    for (const way of ways) {
      await withServer(way, async (endpoint) => {
        // What the other host lists may be of no use; the token is what counts.
        await getFrom(endpoint).catch((error) =>
          assert(error instanceof LocRefError, String(error))
        );
      });
    }
    assertEquals(seen, [null, null, null, null]);
  });
});

Deno.test("The token is sent to the hub itself, on every page", async () => {
  const seen = new Set<string | null>();
  const see = (request: Request) => {
    seen.add(request.headers.get("authorization"));
    return undefined as unknown as Response;
  };
  await withServer(
    { info: see, content: see },
    (endpoint) => getFrom(endpoint),
  );
  assertEquals([...seen], ["Bearer hf_SECRET"]);
});

/** A hub of whatever address, without a network. */
function fakeFetch(
  answer: (url: string) => Response,
): { fetch: typeof fetch; sent: [string, string | null][] } {
  const sent: [string, string | null][] = [];
  return {
    sent,
    fetch: (input, init) => {
      const url = String(input);
      sent.push([url, new Headers(init?.headers).get("authorization")]);
      return Promise.resolve(answer(url));
    },
  };
}

Deno.test("An https hub leads to no address without encryption, and to no local file", async () => {
  for (
    const target of [
      "http://hub.example/api/models/me/m",
      "http://login.example/",
      "file:///etc/hostname",
      "data:application/json,{}",
    ]
  ) {
    const { fetch, sent } = fakeFetch(() =>
      new Response(null, { status: 302, headers: { location: target } })
    );
    const error = await assertRejects(
      () => getFrom("https://hub.example", { fetch }),
      LocRefError,
      "which is not an https address",
    );
    assertEquals(error.code, "hub");
    assertEquals(sent.length, 1);
  }
});

Deno.test("A host below the hub's own, and the hub on another port, get no token", async () => {
  for (const host of ["https://evil.hub.example", "https://hub.example:8443"]) {
    const { fetch, sent } = fakeFetch((url) =>
      url.startsWith(host)
        ? Response.json(INFO)
        : new Response(null, { status: 302, headers: { location: `${host}/` } })
    );
    await getFrom("https://hub.example", { fetch }).catch(() => {});
    for (const [url, token] of sent) {
      assertEquals(token, url.startsWith(host) ? null : "Bearer hf_SECRET");
    }
    assert(sent.some(([url]) => url.startsWith(host)));
  }
});

Deno.test("Redirects in a circle are given up", async () => {
  const { fetch, sent } = fakeFetch((url) => Response.redirect(url, 302));
  await assertRejects(
    () => getFrom("https://hub.example", { fetch }),
    LocRefError,
    "redirects more than 10 times",
  );
  assert(sent.length < 20);
});

Deno.test("A package that adds the token itself does not send it elsewhere", async () => {
  const headers = { authorization: "Bearer hf_SECRET" };
  const endpoint = "https://hub.example";
  const hub = { endpoint, token: "hf_SECRET" };
  const { fetch, sent } = fakeFetch((url) =>
    url.endsWith("moved")
      ? Response.redirect("https://other.example/", 307)
      : new Response("ok")
  );
  const guarded = guardToken(fetch, hub);
  await guarded(`${endpoint}/api`, { headers });
  await guarded("https://other.example/api", { headers });
  await guarded("https://storage.example/", {
    headers: { authorization: "Bearer of-the-storage" },
  });
  assertEquals(sent.map(([, token]) => token), [
    "Bearer hf_SECRET",
    null,
    "Bearer of-the-storage",
  ]);
  await assertRejects(
    () => guarded(`${endpoint}/moved`, { headers }),
    LocRefError,
    "where the token does not go",
  );
});

Deno.test("An endpoint or a token that cannot be meant is named, and the token is not", async () => {
  for (
    const endpoint of [
      "localhost:80",
      "file:///tmp",
      "",
      "https://a:b@c.d",
      "x",
    ]
  ) {
    const error = await assertRejects(
      () => getFrom(endpoint || " "),
      LocRefError,
      "must be an address like",
    );
    assert(!error.message.includes("a:b"));
  }
  for (const token of ["two words", "hf_\nx", "hf_ü"]) {
    const error = await assertRejects(
      () => getFrom("https://hub.example", { token }),
      LocRefError,
      "cannot be sent",
    );
    assert(!error.message.includes(token));
  }
});

Deno.test("A link in the place of an unfinished file is not written through", async () => {
  await withServer({}, async (endpoint) => {
    for (const kind of ["symbolic", "hard", "dangling"]) {
      await inTempDir(async (dir) => {
        const victim = join(dir, "victim");
        const blobs = join(dir, "cache", "models--me--m", "blobs");
        const part = partOf(join(blobs, OID));
        await Deno.mkdir(blobs, { recursive: true });
        if (kind !== "dangling") await Deno.writeTextFile(victim, "precious");
        if (kind === "hard") await Deno.link(victim, part);
        else await Deno.symlink(victim, part);
        const folder = await fetchRepo("me/m", {
          endpoint,
          cacheDir: join(dir, "cache"),
          token: "",
          offline: false,
          files: ["config.json"],
        });
        assertEquals(
          await Deno.readTextFile(join(folder, "config.json")),
          "{}",
        );
        assertEquals(
          await Deno.readTextFile(victim).catch(() => undefined),
          kind === "dangling" ? undefined : "precious",
        );
      });
    }
  });
});
