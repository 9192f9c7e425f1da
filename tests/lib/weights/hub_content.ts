/** Contents of files as a hub sends them, with faults. */

import { createHash } from "node:crypto";
import type { Fault, LoopbackHub } from "./loopback_hub.ts";

/** A hash of data, as hexadecimal text. */
export function hex(algorithm: string, data: Uint8Array | string): string {
  return createHash(algorithm).update(data).digest("hex");
}

/** Whether a hub keeps a file as a large one. */
export function isLarge(path: string): boolean {
  return path.endsWith(".safetensors");
}

/** Hash of a file's content as git makes it. */
export function gitHash(data: Uint8Array): string {
  return createHash("sha1").update(`blob ${data.length}\0`).update(data)
    .digest("hex");
}

/** The hash that a hub states for a file. */
export function etagOf(hub: LoopbackHub, path: string): string {
  const data = hub.setup.files[path]!;
  if (hub.setup.staleHash) return hex(isLarge(path) ? "sha256" : "sha1", path);
  return isLarge(path) ? hex("sha256", data) : gitHash(data);
}

/** Headers of a response about a file. */
export function describe(
  hub: LoopbackHub,
  path: string,
): Record<string, string> {
  const etag = `"${etagOf(hub, path)}"`;
  const size = String(hub.setup.files[path]!.length);
  return {
    etag,
    "x-repo-commit": hub.commit,
    "accept-ranges": "bytes",
    ...(isLarge(path) ? { "x-linked-etag": etag, "x-linked-size": size } : {}),
  };
}

/** Sends a file or a range of it, with the next fault. */
export function sendFile(
  hub: LoopbackHub,
  path: string,
  request: Request,
): Response {
  const data = hub.setup.files[path]!;
  const headers = describe(hub, path);
  if (request.method === "HEAD") {
    headers["content-length"] = String(data.length);
    return new Response(null, { headers });
  }
  const range = request.headers.get("range");
  hub.downloads.push(range ? `${path} ${range}` : path);
  const fault = hub.setup.faults?.shift();
  if (fault?.startsWith("status-")) {
    const status = Number(fault.slice(7));
    return new Response("no", { status, headers: { "retry-after": "0" } });
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? "") ?? [];
  let start = Number(from ?? 0);
  const end = to ? Math.min(Number(to) + 1, data.length) : data.length;
  if (fault === "ignore-range") start = 0;
  if (fault === "wrong-range") start = Math.max(0, start - 1);
  const partial = range !== null && fault !== "ignore-range";
  if (partial) {
    headers["content-range"] = `bytes ${start}-${end - 1}/${data.length}`;
  }
  if (fault === "cut") {
    // Promised and not kept: the server then closes the connection.
    headers["content-length"] = String(end - start);
  }
  return new Response(body(data.slice(start, end), fault), {
    status: partial ? 206 : 200,
    headers,
  });
}

function body(
  data: Uint8Array<ArrayBuffer>,
  fault: Fault | undefined,
): BodyInit {
  const half = data.slice(0, Math.ceil(data.length / 2));
  switch (fault) {
    case "truncate":
    case "cut":
      return streamOf(half, true);
    case "stall":
      return streamOf(half, false);
    case "too-long":
      return new Uint8Array([...data, 1, 2, 3]);
    case "wrong-bytes":
      return data.map((byte, i) => i === 3 ? byte ^ 1 : byte);
    default:
      return data;
  }
}

function streamOf(
  data: Uint8Array<ArrayBuffer>,
  ends: boolean,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (!sent) {
        sent = true;
        return controller.enqueue(data);
      }
      if (ends) return controller.close();
      return new Promise(() => {});
    },
  }, { highWaterMark: 0 });
}
