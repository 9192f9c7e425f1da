import { assert } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";
import project from "../../deno.json" with { type: "json" };

const root = fromFileUrl(new URL("../../", import.meta.url));
const { name, version } = project;
const home = `/${name}/${version}`;

/** Types that decide how Deno reads a module. */
const mediaTypes: Readonly<Record<string, string>> = {
  json: "application/json",
  ts: "text/typescript",
};

/** The package as `deno publish` hands it to a registry, and a registry that serves it. */
export interface LoopbackRegistry extends AsyncDisposable {
  /** What `deno publish` printed. */
  readonly said: string;
  /** Published files by their paths, as publishing rewrote them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Address in place of JSR's, to be given as `JSR_URL`. */
  readonly url: string;
  /** Address of the package's folder. */
  readonly folder: string;
}

/** Publishes the package to a registry on the loopback interface, which then serves it as JSR does. */
export async function publishToLoopback(): Promise<LoopbackRegistry> {
  const files = new Map<string, Uint8Array>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => respond(request, files),
  );
  const url = `http://127.0.0.1:${server.addr.port}/`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--token=none", "--allow-dirty", "--no-provenance"],
    cwd: root,
    env: { JSR_URL: url, NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout) + decoder.decode(stderr);
  assert(success, said);
  return {
    said,
    files,
    url,
    folder: new URL(`.${home}/`, url).href,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function respond(
  request: Request,
  files: Map<string, Uint8Array>,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "POST") {
    const archive = gunzipSync(await request.bytes());
    for await (const entry of Readable.from([archive]).pipe(extract())) {
      const parts = await Array.fromAsync(entry as AsyncIterable<Uint8Array>);
      files.set(entry.header.name, new Uint8Array(Buffer.concat(parts)));
    }
    return Response.json({ id: "1", status: "success", error: null });
  }
  if (pathname.endsWith(`/packages/${name.split("/")[1]}`)) {
    return Response.json({});
  }
  if (pathname === `/${name}/meta.json`) {
    const [scope, own] = name.slice(1).split("/");
    const versions = { [version]: {} };
    return Response.json({ scope, name: own, latest: version, versions });
  }
  if (pathname === `${home}_meta.json`) return Response.json(manifest(files));
  const path = decodeURIComponent(pathname.slice(home.length + 1));
  const body = pathname.startsWith(`${home}/`) ? files.get(path) : undefined;
  if (body === undefined) return new Response("{}", { status: 404 });
  const type = mediaTypes[path.split(".").at(-1)!] ??
    "application/octet-stream";
  return new Response(body as Uint8Array<ArrayBuffer>, {
    headers: { "content-type": type },
  });
}

function manifest(files: ReadonlyMap<string, Uint8Array>) {
  const entries = [...files].map(([path, bytes]) => {
    const checksum = createHash("sha256").update(bytes).digest("hex");
    return [`/${path}`, {
      size: bytes.length,
      checksum: `sha256-${checksum}`,
    }];
  });
  return { manifest: Object.fromEntries(entries), exports: project.exports };
}
