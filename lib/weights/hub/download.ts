import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";
import {
  checkStatus,
  givenUp,
  type HubRequestContext,
  requestOnce,
} from "./request.ts";
import { PassingFailure, waitBefore } from "./retry.ts";
import {
  type FetchedFile,
  openPart,
  openSink,
  partOf,
  type Sink,
} from "./unfinished_file.ts";

/** One file to fetch. */
export interface Download extends FetchedFile {
  readonly commit: string;
  /** Where its content goes. It appears there only once its hash is right. */
  readonly target: string;
}

/**
 * Fetches one file, going on where an earlier try (also of another process) was cut.
 *
 * @throws {LocRefError} `hub` if it cannot be had, or is not what the hub lists.
 */
export async function download(
  job: Download,
  context: HubRequestContext,
): Promise<void> {
  await mkdir(dirname(job.target), { recursive: true });
  const part = partOf(job.target);
  const handle = await openPart(part);
  let wrong: string | undefined;
  try {
    const sink = await openSink(handle, part, job);
    await fetchAll(sink, job, context);
    wrong = sink.mismatch();
    if (wrong !== undefined && sink.resumed) {
      // What lay there from before may be to blame, so it is worth one fresh start.
      await sink.reset();
      await fetchAll(sink, job, context);
      wrong = sink.mismatch();
    }
    if (wrong === undefined) await handle.datasync();
  } finally {
    await handle.close();
  }
  if (wrong !== undefined) {
    await rm(part, { force: true });
    throw new LocRefError(
      "hub",
      `${job.path} of ${context.id} came with ${wrong}, so it was deleted: try again, or report it to the operator of ${context.endpoint}`,
    );
  }
  await rename(part, job.target);
}

/** So much must come before a cut for the count of tries to begin anew. */
const PROGRESS_BYTES = 1 << 16;

async function fetchAll(
  sink: Sink,
  job: Download,
  context: HubRequestContext,
): Promise<void> {
  const most = context.retry.attempts ?? 6;
  let attempts = 0;
  while (sink.received < job.file.size) {
    const before = sink.received;
    try {
      await fetchMore(sink, job, context);
    } catch (error) {
      if (!(error instanceof PassingFailure)) throw error;
      if (sink.received - before >= PROGRESS_BYTES) attempts = 0;
      if (++attempts >= most) {
        const task = `Could not fetch ${job.path} of ${context.id}`;
        throw givenUp(task, attempts, error);
      }
      const { retry, signal } = context;
      await waitBefore(attempts + 1, error, { ...retry, signal });
    }
  }
}

async function fetchMore(
  sink: Sink,
  job: Download,
  context: HubRequestContext,
): Promise<void> {
  const { size } = job.file;
  const start = sink.received;
  const headers: Record<string, string> = start > 0
    ? { range: `bytes=${start}-` }
    : {};
  const url = fileUrl(context, job.commit, job.path);
  await requestOnce(url, headers, context, async (response, idle) => {
    if (response.status === 416) {
      await response.body?.cancel();
      await sink.reset();
      throw new PassingFailure("the hub refused to go on after a cut");
    }
    await checkStatus(response, context);
    await checkRange(response, sink, size);
    for await (const bytes of response.body ?? []) {
      idle.touch();
      if (sink.received + bytes.length > size) {
        await sink.reset();
        throw new PassingFailure(
          `more than the ${size} bytes that the hub lists came`,
        );
      }
      await sink.write(bytes);
    }
  });
  if (sink.received < size) {
    throw new PassingFailure(
      `the connection ended after ${sink.received} of ${size} bytes`,
    );
  }
}

/** Makes sure that the response continues where the file ends, or starts over. */
async function checkRange(response: Response, sink: Sink, size: number) {
  if (response.status === 206) {
    const text = response.headers.get("content-range") ?? "";
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(text) ?? [];
    if (
      Number(from) === sink.received &&
      (total === "*" || Number(total) === size)
    ) return;
    await response.body?.cancel();
    await sink.reset();
    throw new PassingFailure(
      `the hub sent the range ${quote(text)}, which was not requested`,
    );
  }
  if (sink.received > 0) await sink.reset();
}

/** Address of a file's content at a commit. */
export function fileUrl(
  context: Pick<HubRequestContext, "endpoint" | "id">,
  commit: string,
  path: string,
): string {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return `${context.endpoint}/${context.id}/resolve/${commit}/${encoded}`;
}
