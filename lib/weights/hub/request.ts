import { counted } from "../../core/counted.ts";
import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import { refusedPermission } from "../../core/machine/permissions.ts";
import type { HubName } from "./name.ts";
import { sendRequest } from "./send.ts";
import type { HubSettings } from "./settings.ts";
import {
  IdleTimer,
  PassingFailure,
  retryAfter,
  type RetryOptions,
  waitBefore,
} from "./retry.ts";

/** Context that every request to the hub needs. */
export interface HubRequestContext {
  /** `organisation/repository`, for messages. */
  readonly id: string;
  /** Branch, tag or commit, for messages. */
  readonly revision: string;
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal | undefined;
  readonly retry: RetryOptions;
}

/** Options of {@linkcode hubContext}. */
export interface HubContextOptions {
  /** Branch, tag or commit. @default that of the name, else {"main"} */
  revision?: string;
  /** In place of the global `fetch`. */
  fetch?: typeof fetch;
  /** Stops all requests. */
  signal?: AbortSignal;
  /** How failures that may pass are met. */
  retry?: RetryOptions;
}

/** Context of requests about the repository `name`. */
export function hubContext(
  name: HubName,
  settings: HubSettings,
  options: HubContextOptions,
): HubRequestContext {
  return {
    id: name.id,
    revision: options.revision ?? name.revision ?? "main",
    endpoint: settings.endpoint,
    token: settings.token,
    fetch: options.fetch ?? fetch,
    signal: options.signal,
    retry: options.retry ?? {},
  };
}

/** One try of a request: returns what `read` makes of the response. */
export async function requestOnce<R>(
  url: string,
  headers: Record<string, string>,
  context: HubRequestContext,
  read: (response: Response, idle: IdleTimer) => Promise<R>,
): Promise<R> {
  const { signal } = context;
  signal?.throwIfAborted();
  const idle = new IdleTimer(context.retry.timeout ?? 30_000);
  try {
    const response = await sendRequest(
      url,
      // A compressed response could not be resumed by range.
      { ...headers, "accept-encoding": "identity" },
      context,
      signal ? AbortSignal.any([signal, idle.signal]) : idle.signal,
    );
    return await read(response, idle);
  } catch (error) {
    signal?.throwIfAborted();
    if (idle.signal.aborted) throw idle.signal.reason;
    if (error instanceof TypeError || isConnectionError(error)) {
      throw new PassingFailure(
        `${
          new URL(url).host
        } could not be reached, or the connection was cut (${
          shorten((error as Error).message, 200)
        })`,
      );
    }
    throw refusedPermission(error, {
      net:
        `${context.id} is fetched from the hub, unless a whole copy is in its cache or a folder is named in its place`,
    }) ?? error;
  } finally {
    idle.stop();
  }
}

/**
 * Runs `attempt` until it succeeds, waiting longer each time.
 *
 * @throws {LocRefError} `hub`, beginning with `task`, when the tries are used up.
 */
export async function withRetries<R>(
  task: string,
  context: Pick<HubRequestContext, "retry" | "signal">,
  attempt: () => Promise<R>,
): Promise<R> {
  const most = context.retry.attempts ?? 6;
  for (let count = 1;; count++) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      if (count >= most) throw givenUp(task, count, error);
      await waitBefore(count + 1, error, {
        ...context.retry,
        signal: context.signal,
      });
    }
  }
}

/** The error after the last of `count` tries. */
export function givenUp(
  task: string,
  count: number,
  failure: PassingFailure,
): LocRefError {
  const tries = counted(count, "try", "tries");
  return new LocRefError("hub", `${task} in ${tries}: ${failure.message}`, {
    cause: failure,
  });
}

/**
 * Makes sure that a response is a success.
 *
 * @throws {PassingFailure} on 429 and 5xx.
 * @throws {LocRefError} `hub` on any other status, with what to do about it.
 */
export async function checkStatus(
  response: Response,
  context: HubRequestContext,
): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  const { status, headers } = response;
  if (status === 429 || status >= 500 || status === 408) {
    throw new PassingFailure(`the hub returned status ${status}`, {
      retryAfter: retryAfter(headers),
    });
  }
  throw new LocRefError("hub", refusal(status, headers, context));
}

function refusal(
  status: number,
  headers: Headers,
  { id, revision, endpoint, token }: HubRequestContext,
): string {
  const code = headers.get("x-error-code");
  const page = `${endpoint}/${id}`;
  if (code === "GatedRepo" || (status === 403 && code === null)) {
    return token
      ? `${id} is gated, and the account of this token has no access: accept its terms at ${page}, or use a token that may read it`
      : `${id} is gated: accept its terms at ${page}, make a token at ${endpoint}/settings/tokens and put it into HF_TOKEN`;
  }
  if (code === "RevisionNotFound") return `${id} has no revision "${revision}"`;
  if (code === "EntryNotFound") {
    return `${id} has no such file at revision "${revision}"`;
  }
  if (status === 401 || status === 403 || code === "RepoNotFound") {
    return token
      ? `${id} does not exist, or is private and the token in HF_TOKEN may not read it: check the name and the token`
      : `${id} does not exist, or is private: check the name, or put a token that may read it into HF_TOKEN`;
  }
  if (status === 404) {
    return `${id} does not exist at revision "${revision}": check the name`;
  }
  const said = shorten(headers.get("x-error-message") ?? "", 200);
  return `The hub refused the request about ${id} (status ${status}${
    said ? `: ${said}` : ""
  })`;
}

/** Whether an error that is no TypeError still means that the connection failed. */
function isConnectionError(error: unknown): boolean {
  const { name, code } = error as { name?: string; code?: string };
  return ["ConnectionReset", "ConnectionAborted", "UnexpectedEof", "Http"]
    .includes(name ?? "") || /^(ECONN|EPIPE|ETIMEDOUT)/.test(code ?? "");
}
