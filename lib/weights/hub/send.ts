/** Requests to the hub: the token goes to the hub alone, never to other hosts. */

import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** The parts of a request's context that sending needs. */
export interface SendContext {
  /** `organisation/repository`, for messages. */
  readonly id: string;
  /** Address of the hub. */
  readonly endpoint: string;
  /** Access token. */
  readonly token: string | undefined;
  /** Sends one request and follows no redirect. */
  readonly fetch: typeof fetch;
}

/** Redirects of one request that are followed. */
const MOST_REDIRECTS = 10;

const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * Sends a GET request and follows its redirects here: `fetch` itself hands the token on to hosts
 * below the hub's own.
 *
 * @throws {LocRefError} `hub` if a redirect leaves HTTPS or HTTP, or never ends.
 */
export async function sendRequest(
  url: string,
  headers: Record<string, string>,
  context: SendContext,
  signal: AbortSignal,
): Promise<Response> {
  let at = url;
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    checkAddress(at, context);
    const response = await context.fetch(at, {
      headers: { ...headers, ...authorization(at, context) },
      redirect: "manual",
      signal,
    });
    const location = response.headers.get("location");
    if (!REDIRECTS.includes(response.status) || location === null) {
      return response;
    }
    await response.body?.cancel();
    at = resolve(location, at, context);
  }
  throw new LocRefError(
    "hub",
    `${context.endpoint} redirects more than ${MOST_REDIRECTS} times for ${context.id}: it seems to be no Hugging Face hub`,
  );
}

/** The header with the token, for the hub's own origin only. */
export function authorization(
  url: string,
  { endpoint, token }: Pick<SendContext, "endpoint" | "token">,
): Record<string, string> {
  return token && isOfHub(url, endpoint)
    ? { authorization: `Bearer ${token}` }
    : {};
}

/** Whether an address has the origin of the hub: protocol, host and port. */
function isOfHub(url: string, endpoint: string): boolean {
  return new URL(url).origin === new URL(endpoint).origin;
}

/** Refuses addresses that a hub has no reason to name: of local files, or without encryption. */
function checkAddress(url: string, { endpoint, id }: SendContext): void {
  const { protocol } = new URL(url);
  const secure = new URL(endpoint).protocol === "https:";
  if (protocol === "https:" || (protocol === "http:" && !secure)) return;
  throw new LocRefError(
    "hub",
    `${endpoint} leads to ${quote(url)} for ${id}, which is not an ${
      secure ? "https" : "http or https"
    } address: a login page of this network may be in the way`,
  );
}

function resolve(location: string, from: string, context: SendContext): string {
  try {
    return new URL(location, from).href;
  } catch {
    throw new LocRefError(
      "hub",
      `${context.endpoint} redirects to ${
        quote(location)
      } for ${context.id}, which is no address`,
    );
  }
}

/**
 * A `fetch` for packages that add the token themselves: takes it away from requests to other
 * origins, and refuses redirects of requests that carry it.
 *
 * @throws {LocRefError} `hub` on such a redirect.
 */
export function guardToken(
  send: typeof fetch,
  { endpoint, token }: { endpoint: string; token: string },
): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = new Headers(
      init?.headers ?? (input instanceof Request ? input.headers : undefined),
    );
    if (headers.get("authorization") !== `Bearer ${token}`) {
      return await send(input, init);
    }
    if (!isOfHub(url, endpoint)) {
      headers.delete("authorization");
      return await send(input, { ...init, headers });
    }
    const response = await send(input, { ...init, redirect: "manual" });
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get("location");
    throw new LocRefError(
      "hub",
      `${endpoint} redirects to ${
        quote(location)
      }, where the token does not go: set HF_ENDPOINT to the hub's own address`,
    );
  };
}
