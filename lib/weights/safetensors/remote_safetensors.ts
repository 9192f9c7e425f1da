import { LocRefError } from "../../core/error.ts";
import { fileUrl } from "../hub/download.ts";
import {
  checkStatus,
  type HubRequestContext,
  requestOnce,
  withRetries,
} from "../hub/request.ts";
import { PassingFailure } from "../hub/retry.ts";
import type { SafetensorsFile } from "./safetensors.ts";
import { headerLength, parseHeader } from "./safetensors_header.ts";

/** A file of the hub. */
export interface RemoteFile {
  readonly commit: string;
  /** Path in the repository. */
  readonly path: string;
  /** Bytes of the whole file. */
  readonly size: number;
}

/** Bytes of the first request: the headers of most files, with their length, fit in. */
const FIRST_BYTES = 1 << 17;

/**
 * Reads the header of a safetensors file on the hub by range requests; its values stay there.
 *
 * @throws {LocRefError} `file-invalid`, naming file and tensor, or `hub`.
 */
export async function openRemoteSafetensors(
  file: RemoteFile,
  context: HubRequestContext,
): Promise<SafetensorsFile> {
  const name = `${context.id}/${file.path}`;
  const first = await readRange(file, context, FIRST_BYTES);
  const length = headerLength(first, file.size, name);
  const start = first.length >= 8 + length
    ? first
    : await readRange(file, context, 8 + length);
  const header = start.subarray(8, 8 + length);
  const { tensors, metadata } = parseHeader(header, file.size, name);
  const names = [...tensors.keys()];
  const refuse = () =>
    Promise.reject(
      new LocRefError("hub", `The values of ${name} have not been fetched`),
    );
  return {
    path: name,
    size: file.size,
    metadata,
    names: () => names,
    info: (tensor) => tensors.get(tensor),
    read: refuse,
    readTensor: refuse,
  };
}

/** The text of a small file on the hub, which is not kept. */
export async function readRemoteText(
  file: RemoteFile,
  context: HubRequestContext,
): Promise<string> {
  const bytes = await readRange(file, context, file.size);
  return new TextDecoder().decode(bytes);
}

/** The first `length` bytes of a file, or all of a shorter one. */
async function readRange(
  file: RemoteFile,
  context: HubRequestContext,
  length: number,
): Promise<Uint8Array> {
  const wanted = Math.min(length, file.size);
  if (wanted === 0) return new Uint8Array(0);
  const url = fileUrl(context, file.commit, file.path);
  const headers = { range: `bytes=0-${Math.max(0, wanted - 1)}` };
  return await withRetries(
    `Could not read the header of ${file.path}`,
    context,
    () =>
      requestOnce(url, headers, context, async (response, idle) => {
        await checkStatus(response, context);
        const into = new Uint8Array(wanted);
        let at = 0;
        for await (const bytes of response.body ?? []) {
          idle.touch();
          into.set(bytes.subarray(0, wanted - at), at);
          at += Math.min(bytes.length, wanted - at);
          // A hub that knows no ranges sends the whole file; the rest is not waited for.
          if (at === wanted) break;
        }
        if (at < wanted) {
          throw new PassingFailure(
            `the connection ended after ${at} of ${wanted} bytes`,
          );
        }
        return into;
      }),
  );
}
