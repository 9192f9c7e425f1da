import { LocRefError } from "../../core/error.ts";
import { configLimit, parseConfigText } from "../configs/read_config_file.ts";
import { readRemoteText } from "../safetensors/remote_safetensors.ts";
import type { HubListing } from "./cache.ts";
import type { HubName } from "./name.ts";
import type { HubRequestContext } from "./request.ts";

/** Settings files of a folder, here or on the hub. */
export interface ConfigSource {
  /** Whether the file exists. */
  has(name: string): boolean;
  /** Its path in messages. */
  pathOf(name: string): string;
  /** Its JSON value. */
  read(name: string): Promise<unknown>;
}

/** The settings files of a repository, or of a folder in it, which are read and not kept. */
export function remoteSource(
  name: HubName,
  repo: {
    readonly context: HubRequestContext;
    readonly commit: string;
    readonly listing: HubListing;
  },
): ConfigSource {
  const { context, commit, listing } = repo;
  const inside = (file: string) =>
    name.path === undefined ? file : `${name.path}/${file}`;
  const pathOf = (file: string) => `${name.id}/${inside(file)}`;
  return {
    has: (file) => listing.has(inside(file)),
    pathOf,
    read: async (file) => {
      const path = inside(file);
      const size = listing.get(path)?.size;
      if (size === undefined || size > configLimit) {
        const what = size === undefined ? "is missing" : "is too large";
        throw new LocRefError(
          "file-missing",
          `File "${pathOf(file)}" ${what}`,
        );
      }
      try {
        const file = { commit, path, size };
        const text = size === 0 ? "" : await readRemoteText(file, context);
        return parseConfigText(text);
      } catch (cause) {
        if (!(cause instanceof SyntaxError)) throw cause;
        throw new LocRefError(
          "file-invalid",
          `File "${pathOf(file)}" is not JSON`,
          { cause },
        );
      }
    },
  };
}
