import { boundedBody } from "../core/files/bounded_body.ts";
import { quote, shorten } from "../core/quote.ts";
import { LocRefError } from "../core/error.ts";
import { byteCount } from "./image_limits.ts";

/** Options of {@linkcode fetchPicture}. */
export interface FetchPictureOptions {
  /** The beginning of messages. */
  readonly name: string;
  /** Most bytes that are read. */
  readonly maxBytes: number;
}

/** Hosts that plain HTTP is spoken with: this machine's own. */
const loopback = ["localhost", "127.0.0.1", "[::1]"];

/** Time limit of a response, in milliseconds. */
const patience = 60_000;

/**
 * The bytes of a picture on the web, by `https:`, or by `http:` from this machine itself.
 *
 * @throws {LocRefError} `permission-missing` without `--allow-net`, `image-invalid` if there is no
 * picture or it is too large; the message begins with `options.name`.
 */
export async function fetchPicture(
  source: string,
  options: FetchPictureOptions,
): Promise<Uint8Array> {
  const { name, maxBytes } = options;
  const url = parse(source, name);
  try {
    const response = await follow(url, name);
    return await readWhole(response, { name, maxBytes });
  } catch (error) {
    if (error instanceof LocRefError) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      throw new LocRefError(
        "permission-missing",
        `${name}: fetching it is not permitted, run with --allow-net=${url.host}`,
        { cause: error },
      );
    }
    const reason = shorten((error as Error).message, 200);
    throw invalid(
      name,
      `cannot be fetched from ${url.host} (${reason})`,
      error,
    );
  }
}

/** Most redirections on the way to a picture. */
const mostHops = 5;

async function follow(from: URL, name: string): Promise<Response> {
  const signal = AbortSignal.timeout(patience);
  let url = from;
  for (let hop = 0; hop <= mostHops; hop++) {
    const response = await fetch(url, { signal, redirect: "manual" });
    if (response.ok) return response;
    await response.body?.cancel();
    const next = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || next === null) {
      throw invalid(
        name,
        `${url.host} sends no picture (status ${response.status})`,
      );
    }
    // A page on the web must not lead to this machine's own servers.
    const target = new URL(next, url).href;
    url = parse(target, name, from.protocol === "http:");
  }
  throw invalid(name, `${from.host} redirects more than ${mostHops} times`);
}

function parse(source: string, name: string, mayBeNear = true): URL {
  if (!URL.canParse(source)) {
    throw invalid(name, `no URL, got ${quote(source)}`);
  }
  const url = new URL(source);
  const near = mayBeNear && url.protocol === "http:" &&
    loopback.includes(url.hostname);
  if (url.protocol === "https:" || near) return url;
  throw invalid(name, "only https: URLs are fetched, never http:");
}

async function readWhole(
  response: Response,
  { name, maxBytes }: FetchPictureOptions,
): Promise<Uint8Array> {
  const tooLarge = (bytes: number) =>
    invalid(
      name,
      `has ${byteCount(bytes)} or more, at most ${
        byteCount(maxBytes)
      } are allowed`,
    );
  const stated = Number(response.headers.get("content-length") ?? 0);
  if (stated > maxBytes) {
    await response.body?.cancel();
    throw tooLarge(stated);
  }
  return await boundedBody(response, maxBytes, tooLarge);
}

function invalid(name: string, what: string, cause?: unknown): LocRefError {
  return new LocRefError("image-invalid", `${name}: ${what}`, { cause });
}
