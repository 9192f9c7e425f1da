/** Small responses of the hub, read whole and of limited length. */

import { boundedBody } from "../../core/files/bounded_body.ts";
import { exceeded } from "../../core/files/json_limits.ts";
import { LocRefError } from "../../core/error.ts";
import {
  checkStatus,
  type HubRequestContext,
  requestOnce,
  withRetries,
} from "./request.ts";

/** Longest response that is read, in bytes; a page of a listing takes less than 1 MB. */
const MOST_BYTES = 32 << 20;

/** A page of a listing has about a dozen keys a file, and 1,000 files. */
const LIMITS = { depth: 64, keys: 500_000 };

/**
 * A `fetch` for small responses: reads them whole, tries again after failures that may pass, and
 * turns the others into sentences.
 */
export function bufferedFetch(context: HubRequestContext): typeof fetch {
  return async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    const headers = Object.fromEntries(new Headers(init?.headers));
    return await withRetries(
      `Could not ask about ${context.id}`,
      context,
      () =>
        requestOnce(url, headers, context, async (response) => {
          await checkStatus(response, context);
          const { status, headers } = response;
          const body = await readWhole(response, context);
          return new Response(body, { status, headers });
        }),
    );
  };
}

async function readWhole(
  response: Response,
  context: HubRequestContext,
): Promise<Uint8Array<ArrayBuffer>> {
  const whole = await boundedBody(
    response,
    MOST_BYTES,
    () => noHub(context, `sent more than ${MOST_BYTES} bytes`),
  );
  const excess = exceeded(whole, LIMITS);
  if (excess) throw noHub(context, `sent JSON of ${excess}`);
  return whole;
}

/** Pages of a listing that are read; the hub puts 1,000 files on each. */
const MOST_PAGES = 1_000;

/** Time after which a listing is given up, in milliseconds. */
const LONGEST_LISTING = 600_000;

/**
 * {@linkcode bufferedFetch} for the pages of one listing, each of which names the next.
 *
 * @throws {LocRefError} `hub` if a page comes again, or there is no end of them.
 */
export function pagedFetch(context: HubRequestContext): typeof fetch {
  const fetchPage = bufferedFetch(context);
  const seen = new Set<string>();
  const start = performance.now();
  return async (input, init) => {
    const url = String(input);
    const late = performance.now() - start > LONGEST_LISTING;
    if (seen.has(url) || seen.size >= MOST_PAGES || late) {
      throw noHub(context, "sent a list of files without an end");
    }
    seen.add(url);
    return await fetchPage(input, init);
  };
}

/** The error about a response that no hub returns, such as a network's login page. */
export function noHub(
  { endpoint, id }: Pick<HubRequestContext, "endpoint" | "id">,
  problem: string,
  cause?: unknown,
): LocRefError {
  return new LocRefError(
    "hub",
    `${endpoint} ${problem} for a request about ${id}: it seems to be no Hugging Face hub, or a login page of this network is in the way`,
    { cause },
  );
}

/** Runs a request of the hub's package, which expects every response to be well formed. */
export async function understood<R>(
  context: HubRequestContext,
  ask: () => Promise<R>,
): Promise<R> {
  try {
    return await ask();
  } catch (error) {
    context.signal?.throwIfAborted();
    if (!(error instanceof SyntaxError || error instanceof TypeError)) {
      throw error;
    }
    throw noHub(context, "sent something else than expected", error);
  }
}
