/** A first look at files on the hub that are not in its cache, by range requests of their beginnings. */

import { existsSync } from "node:fs";
import { isRecord } from "../safetensors_tensors.ts";
import {
  openRemoteSafetensors,
  readRemoteText,
  type RemoteFile,
} from "../safetensors/remote_safetensors.ts";
import { refusedPermission } from "../../core/machine/permissions.ts";
import { LocRefError } from "../../core/error.ts";
import {
  openSafetensors,
  type SafetensorsFile,
} from "../safetensors/safetensors.ts";
import { configLimit, readConfigFile } from "../configs/read_config_file.ts";
import { fetchFile, type FetchFileOptions } from "./hub.ts";
import { listCommit, resolveRevision } from "./listing.ts";
import { refuseLocalName } from "../local_name.ts";
import { type HubName, parseHubName } from "./name.ts";
import { type ConfigSource, remoteSource } from "./remote_configs.ts";
import { hubContext, type HubRequestContext } from "./request.ts";
import { hubSettings } from "./settings.ts";

/** A file as far as it was looked at. */
interface Peeked<T> {
  readonly value: T;
  /** Whether it lies on this machine. */
  readonly here: boolean;
}

/** Options of first looks. */
export interface PeekOptions extends FetchFileOptions {
  /** Looks that were taken so far, which are not taken again. @default {none is kept} */
  readonly looked?: Map<string, Promise<unknown>>;
}

/**
 * The header of a weight file: a path, or `org/repo/file`; `undefined` where it is out of reach. The
 * values of one on the hub cannot be read.
 *
 * @throws {LocRefError} `hub` if the repository has no such file, `file-invalid` if it is none.
 */
export async function peekHeader(
  name: string,
  options: PeekOptions,
): Promise<Peeked<SafetensorsFile> | undefined> {
  return await peek(name, "", options, {
    here: (path) => openSafetensors(path, { anyType: true }),
    there: openRemoteSafetensors,
  });
}

/** A folder of the hub that is not on this machine, as far as it was looked at. */
export interface PeekedFolder {
  /** Paths of its files, from the folder itself. */
  readonly paths: readonly string[];
  /** Its settings files, which are read and not kept. */
  readonly configs: ConfigSource;
}

/**
 * The files of a folder on the hub: `org/repo[/folder]`; `undefined` where it lies on this machine or
 * is out of reach.
 *
 * @param mark A file that is in the cache where the folder is.
 */
export async function peekFolder(
  name: string,
  mark: string,
  options: FetchFileOptions,
): Promise<PeekedFolder | undefined> {
  const hub = parseHubName(name);
  if (hub === undefined || existsSync(name)) return undefined;
  refuseLocalName(name, "folder");
  const prefix = hub.path === undefined ? "" : `${hub.path}/`;
  if (await findCached(hub, prefix + mark, options)) return undefined;
  return await reaching(hub, options, async (context) => {
    const commit = await resolveRevision(context);
    const listing = await listCommit(context, commit);
    const paths = [...listing.keys()].filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length)).sort();
    return { paths, configs: remoteSource(hub, { context, commit, listing }) };
  });
}

/** A small JSON file in a folder: a path, or `org/repo[/folder]`; `undefined` where there is none. */
export async function peekConfig(
  folder: string,
  file: string,
  options: PeekOptions,
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
  { looked = new Map(), ...options }: PeekOptions,
  read: Readers<T>,
): Promise<Peeked<T> | undefined> {
  const path = file === "" ? name : `${name}/${file}`;
  const known = looked.get(path) as ReturnType<typeof look<T>> | undefined;
  const found = known ?? look(name, file, options, read);
  looked.set(path, found);
  return await found;
}

async function look<T>(
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
  const cached = await findCached(hub, inside, options);
  if (cached !== undefined) {
    return { value: await read.here(cached), here: true };
  }
  return await reaching(hub, options, async (context) => {
    const remote = await findRemote(inside, context);
    if (remote !== undefined) {
      return { value: await read.there(remote, context), here: false };
    }
    if (file !== "") return undefined;
    throw new LocRefError("hub", `${hub.id} has no file ${inside}`);
  });
}

/** A file's path in the cache, where it is. */
async function findCached(
  { id, revision }: HubName,
  path: string,
  options: FetchFileOptions,
): Promise<string | undefined> {
  return await fetchFile(id, path, {
    ...options,
    revision: options.revision ?? revision,
    offline: true,
  }).catch(() => undefined);
}

/** Asks the hub, unless the settings forbid it. */
async function reaching<T>(
  hub: HubName,
  options: FetchFileOptions,
  read: (context: HubRequestContext) => Promise<T>,
): Promise<T | undefined> {
  try {
    const settings = await hubSettings(options);
    if (settings.offline) return undefined;
    return await read(hubContext(hub, settings, options));
  } catch (error) {
    const reason = `${hub.id} is kept in the hub's cache`;
    throw refusedPermission(error, { read: reason, write: reason }) ?? error;
  }
}

async function findRemote(
  path: string,
  context: HubRequestContext,
): Promise<RemoteFile | undefined> {
  const commit = await resolveRevision(context);
  const size = (await listCommit(context, commit)).get(path)?.size;
  return size === undefined ? undefined : { commit, path, size };
}
