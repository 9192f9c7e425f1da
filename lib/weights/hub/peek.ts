/** A first look at files on the hub that are not in its cache, by range requests of their beginnings. */

import { existsSync } from "node:fs";
import { isRecord } from "../safetensors_tensors.ts";
import {
  openRemoteSafetensors,
  readRemoteText,
  type RemoteFile,
} from "../safetensors/remote_safetensors.ts";
import type { WeightHeader } from "../identify/weight_identity.ts";
import { openSafetensors } from "../safetensors/safetensors.ts";
import { configLimit, readConfigFile } from "../configs/read_config_file.ts";
import { fetchFile, type FetchFileOptions } from "./hub.ts";
import { listCommit, resolveRevision } from "./listing.ts";
import { refuseLocalName } from "../local_name.ts";
import { parseHubName } from "./name.ts";
import { hubContext, type HubRequestContext } from "./request.ts";
import { hubSettings } from "./settings.ts";

/** A file as far as it was looked at. */
interface Peeked<T> {
  readonly value: T;
  /** Whether it lies on this machine. */
  readonly here: boolean;
}

/** The header of a weight file: a path, or `org/repo/file`; `undefined` where there is none. */
export async function peekHeader(
  name: string,
  options: FetchFileOptions,
): Promise<Peeked<WeightHeader> | undefined> {
  return await peek(name, "", options, {
    here: (path) => openSafetensors(path, { anyType: true }),
    there: openRemoteSafetensors,
  });
}

/** A small JSON file in a folder: a path, or `org/repo[/folder]`; `undefined` where there is none. */
export async function peekConfig(
  folder: string,
  file: string,
  options: FetchFileOptions,
): Promise<Peeked<Record<string, unknown>> | undefined> {
  const found = await peek<unknown>(folder, file, options, {
    here: readConfigFile,
    there: async (remote, context) =>
      remote.size > configLimit
        ? undefined
        : JSON.parse(await readRemoteText(remote, context)),
  });
  return found && isRecord(found.value)
    ? { ...found, value: found.value }
    : undefined;
}

/** How a file is read, here and there. */
interface Readers<T> {
  here(path: string): Promise<T>;
  there(file: RemoteFile, context: HubRequestContext): Promise<T>;
}

async function peek<T>(
  name: string,
  file: string,
  options: FetchFileOptions,
  read: Readers<T>,
): Promise<Peeked<T> | undefined> {
  const path = file === "" ? name : `${name}/${file}`;
  if (existsSync(path)) return { value: await read.here(path), here: true };
  const hub = parseHubName(name);
  if (hub === undefined || existsSync(name)) return undefined;
  refuseLocalName(name, "file or folder");
  const inside = [hub.path, file].filter(Boolean).join("/");
  const cached = await fetchFile(hub.id, inside, {
    ...options,
    revision: options.revision ?? hub.revision,
    offline: true,
  }).catch(() => undefined);
  if (cached !== undefined) {
    return { value: await read.here(cached), here: true };
  }
  const settings = await hubSettings(options);
  if (settings.offline) return undefined;
  const context = hubContext(hub, settings, options);
  const remote = await findRemote(inside, context);
  return remote && { value: await read.there(remote, context), here: false };
}

async function findRemote(
  path: string,
  context: HubRequestContext,
): Promise<RemoteFile | undefined> {
  const commit = await resolveRevision(context);
  const size = (await listCommit(context, commit)).get(path)?.size;
  return size === undefined ? undefined : { commit, path, size };
}
