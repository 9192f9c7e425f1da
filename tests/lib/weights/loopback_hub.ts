/** A hub on loopback, with the faults that real ones and the lines to them have. */

import { describe, etagOf, hex, isLarge, sendFile } from "./hub_content.ts";

/** What happens to one request for a file's content. */
export type Fault =
  | "cut"
  | "truncate"
  | "wrong-bytes"
  | "too-long"
  | "status-429"
  | "status-503"
  | "stall"
  | "ignore-range"
  | "wrong-range"
  | "status-416";

/** Options of {@linkcode startHub}. */
export interface HubSetup {
  /** Files by path; those named `*.safetensors` are kept as large files. */
  files: Record<string, Uint8Array>;
  /** Files of further repositories, by the repository's name. @default {{}} */
  repos?: Record<string, Record<string, Uint8Array>>;
  /** Faults of content requests in order, one each; then none. @default {[]} */
  faults?: Fault[];
  /** Faults of requests for the commit and the list of files, as statuses. @default {[]} */
  apiStatuses?: number[];
  /** Sends large files from another address, as a hub does. @default {false} */
  redirect?: boolean;
  /** Lists another hash than the content has. @default {false} */
  staleHash?: boolean;
  /** Refuses with this status and code. */
  refuse?: { status: number; code?: string };
  /** The token that opens a private repository. */
  token?: string;
  /** Entries of the list in one page. @default {1000} */
  pageSize?: number;
}

/** A hub that runs. */
export interface LoopbackHub {
  endpoint: string;
  /** Method, path and range of each request. */
  requests: string[];
  /** Requests for content, with their range. */
  downloads: string[];
  /** Authorization headers that reached the other address. */
  leaked: string[];
  commit: string;
  setup: HubSetup;
  /** Name of the repository. */
  repo: string;
  stop(): Promise<void>;
}

/** Name of the repository whose files are `files`. */
export const REPO = "me/model";

/** Starts a hub with one repository. */
export function startHub(setup: HubSetup): LoopbackHub {
  const servers: Deno.HttpServer<Deno.NetAddr>[] = [];
  const serve = (
    handler: (request: Request) => Response | Promise<Response>,
  ) => {
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      handler,
    );
    servers.push(server);
    return `http://127.0.0.1:${server.addr.port}`;
  };
  const hub: LoopbackHub = {
    repo: REPO,
    endpoint: "",
    requests: [],
    downloads: [],
    leaked: [],
    commit: hex("sha1", JSON.stringify(Object.keys(setup.files))),
    setup,
    async stop() {
      await Promise.all(servers.map((server) => server.shutdown()));
    },
  };
  const content = serve((request) => {
    const token = request.headers.get("authorization");
    if (token) hub.leaked.push(token);
    const path = decodeURIComponent(new URL(request.url).pathname.slice(1));
    return sendFile(hub, path, request);
  });
  const further = new Map(
    Object.entries(setup.repos ?? {}).map(([repo, files]) => [repo, {
      ...hub,
      ...{ repo, setup: { files } },
      commit: hex("sha1", repo + JSON.stringify(Object.keys(files))),
    }]),
  );
  hub.endpoint = serve((request) => {
    const { pathname } = new URL(request.url);
    const [owner, name] = pathname.replace(/^\/api\/models/, "").slice(1)
      .split("/");
    const one = further.get(`${owner}/${name}`);
    if (one === undefined) return answer(hub, request, content);
    one.endpoint = hub.endpoint;
    return answer(one, request, content);
  });
  return hub;
}

async function answer(
  hub: LoopbackHub,
  request: Request,
  contentAddress: string,
): Promise<Response> {
  const { setup } = hub;
  const url = new URL(request.url);
  const range = request.headers.get("range");
  hub.requests.push(
    `${request.method} ${url.pathname}${range ? ` ${range}` : ""}`,
  );
  await request.body?.cancel();
  const authorized = setup.token === undefined ||
    request.headers.get("authorization") === `Bearer ${setup.token}`;
  if (setup.refuse && !(setup.token && authorized)) {
    const { status, code } = setup.refuse;
    const headers: Record<string, string> = code
      ? { "x-error-code": code }
      : {};
    return new Response("no", { status, headers });
  }
  if (url.pathname.startsWith("/api/")) return answerApi(hub, url);
  const match = new RegExp(`^/${hub.repo}/resolve/([^/]+)/(.+)$`).exec(
    url.pathname,
  );
  const path = decodeURIComponent(match?.[2] ?? "");
  if (!(path in setup.files)) {
    return new Response("no", {
      status: 404,
      headers: { "x-error-code": "EntryNotFound" },
    });
  }
  if (setup.redirect && isLarge(path)) {
    return new Response(null, {
      status: 302,
      headers: {
        ...describe(hub, path),
        location: `${contentAddress}/${encodeURIComponent(path)}`,
      },
    });
  }
  return sendFile(hub, path, request);
}

function answerApi(hub: LoopbackHub, url: URL): Response {
  const status = hub.setup.apiStatuses?.shift();
  if (status !== undefined) {
    return new Response("later", { status, headers: { "retry-after": "0" } });
  }
  if (url.pathname.includes("/tree/")) return sendList(hub, url);
  if (url.pathname.includes("/revision/gone")) {
    return new Response("no", {
      status: 404,
      headers: { "x-error-code": "RevisionNotFound" },
    });
  }
  return Response.json({
    _id: "1",
    id: hub.repo,
    modelId: hub.repo,
    sha: hub.commit,
    private: false,
    gated: false,
    disabled: false,
    likes: 0,
    downloads: 0,
    tags: [],
    createdAt: "2024-01-01T00:00:00.000Z",
    lastModified: "2024-01-01T00:00:00.000Z",
    siblings: Object.keys(hub.setup.files).map((rfilename) => ({ rfilename })),
  });
}

function sendList(hub: LoopbackHub, url: URL): Response {
  const { files, pageSize = 1000 } = hub.setup;
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const paths = Object.keys(files);
  const entries = paths.slice(start, start + pageSize).map((path) => {
    const size = files[path]!.length;
    const oid = etagOf(hub, path);
    return isLarge(path)
      ? {
        type: "file",
        path,
        size,
        oid: hex("sha1", path),
        lfs: { oid, size, pointerSize: 130 },
      }
      : { type: "file", path, size, oid };
  });
  const headers: Record<string, string> = {};
  if (start + pageSize < paths.length) {
    const next = new URL(url.pathname + url.search, hub.endpoint);
    next.searchParams.set("cursor", String(start + pageSize));
    headers.link = `<${next}>; rel="next"`;
  }
  return Response.json(entries, { headers });
}
