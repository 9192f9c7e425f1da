import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { webFolder } from "../paths.ts";
import type { PageTimes } from "./timed_page.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".json": "application/json",
  ".wasm": "application/wasm",
};

/** A page that is being served to this machine alone. */
export interface ServedPage extends AsyncDisposable {
  readonly url: string;
  /** What the page told. */
  readonly done: Promise<PageTimes>;
}

/** Serves `page`, the files of `folder` and onnxruntime-web below `/ort/`. */
export function servePage(page: string, folder: string): ServedPage {
  const { promise: done, resolve } = Promise.withResolvers<PageTimes>();
  const handle = async (request: Request) => {
    const path = normalize(new URL(request.url).pathname);
    if (request.method === "POST") {
      resolve(await request.json());
      return new Response("");
    }
    if (path === "/") return respond(page, ".html");
    const file = path.startsWith("/ort/")
      ? join(webFolder, "node_modules/onnxruntime-web/dist", path.slice(5))
      : join(folder, path);
    const bytes = await readFile(file).catch(() => undefined);
    return bytes === undefined
      ? new Response("", { status: 404 })
      : respond(bytes, extname(file));
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    handle,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    done,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** With the headers without which a page gets no threads. */
function respond(body: string | Uint8Array<ArrayBuffer>, extension: string) {
  return new Response(body, {
    headers: {
      "content-type": types[extension] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    },
  });
}
