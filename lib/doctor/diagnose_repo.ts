import { stat } from "node:fs/promises";
import { join } from "node:path";
import { LocRefError } from "../core/error.ts";
import { chooseWeightFiles } from "../pipeline/load/choose_weight_files.ts";
import { fetchRepo } from "../weights/hub/hub.ts";
import { remoteSource } from "../weights/hub/remote_configs.ts";
import { listCommit, resolveRevision } from "../weights/hub/listing.ts";
import type { HubName } from "../weights/hub/name.ts";
import { hubContext } from "../weights/hub/request.ts";
import { hubSettings } from "../weights/hub/settings.ts";
import { isPickleName } from "../weights/identify/pickle_files.ts";
import type { SafetensorsFile } from "../weights/safetensors/safetensors.ts";
import { openRemoteSafetensors } from "../weights/safetensors/remote_safetensors.ts";
import {
  baseUnet,
  diagnoseFile,
  diagnoseFolder,
  type DiagnoseOptions,
  withConfigs,
} from "./diagnose_folder.ts";
import { coordinatesIn } from "./diagnose_configs.ts";
import { type Diagnosis, summarise } from "./diagnosis.ts";
import { readOnce, remoteModel } from "./remote_model.ts";
import { locrefFile, withSettings } from "./with_settings.ts";

/** Says what a repository on the hub is; of one that is not in the cache only headers and settings are read. */
export async function diagnoseRepo(
  target: string,
  name: HubName,
  options: DiagnoseOptions,
): Promise<Diagnosis> {
  const cached = await cachedFolder(name, options);
  if (typeof cached === "string") {
    return (await stat(cached)).isDirectory()
      ? await diagnoseFolder(target, cached, options)
      : await diagnoseFile(cached, options);
  }
  const settings = await hubSettings(options);
  if (settings.offline) throw cached;
  const context = hubContext(name, settings, options);
  const commit = await resolveRevision(context);
  const listing = await listCommit(context, commit);
  const paths = [...listing.keys()].sort();
  const prefix = name.path === undefined ? "" : `${name.path}/`;
  const { chosen, problems } = chooseWeightFiles(
    paths,
    name.path,
    options.variant,
  );
  const headers = new Map<string, SafetensorsFile>();
  const openers = chosen.filter((path) => path.endsWith(".safetensors")).map(
    (path) => ({
      name: path,
      async open() {
        const { size } = listing.get(path)!;
        const file = await openRemoteSafetensors(
          { commit, path, size },
          context,
        );
        headers.set(path.slice(prefix.length), file);
        return file;
      },
    }),
  );
  const configs = readOnce(remoteSource(name, { context, commit, listing }));
  const found = await summarise(target, openers, {
    unet: await baseUnet(options),
    coordinates: await coordinatesIn(configs),
    values: false,
    refused: paths.filter((path) =>
      isPickleName(path) && path.startsWith(name.path ?? "")
    ),
    problems,
  });
  const whole = configs.has("model_index.json");
  const read = await withConfigs(found, whole, configs);
  if (!read.ok || !whole) return read;
  const locref = headers.get(locrefFile);
  return await withSettings(read, {
    source: () => remoteModel(target, configs, headers),
    locref: locref && (() => Promise.resolve(locref)),
  });
}

/** Where a repository's files are, if all that are needed are in the cache; else what is missing. */
async function cachedFolder(
  name: HubName,
  options: DiagnoseOptions,
): Promise<string | LocRefError> {
  const select = (paths: readonly string[]) => {
    const { chosen, problems } = chooseWeightFiles(
      paths,
      name.path,
      options.variant,
    );
    if (problems.length === 0) return chosen;
    throw new LocRefError("file-missing", problems[0]!);
  };
  try {
    const folder = await fetchRepo(name.id, {
      ...options,
      revision: options.revision ?? name.revision,
      offline: true,
      select,
    });
    return name.path === undefined ? folder : join(folder, name.path);
  } catch (error) {
    if (error instanceof LocRefError) return error;
    throw error;
  }
}
