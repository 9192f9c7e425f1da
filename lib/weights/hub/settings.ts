import { homedir } from "node:os";
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { environmentVariable } from "../../core/machine/environment.ts";
import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** Where the hub and its cache are, and how to ask it. Each has a default from the environment. */
export interface HubOptions {
  /**
   * Folder of the cache, shared with Python's `huggingface_hub`.
   *
   * @default {"$HF_HUB_CACHE, else $HF_HOME/hub, else ~/.cache/huggingface/hub"}
   */
  cacheDir?: string;
  /** Address of the hub. @default {"$HF_ENDPOINT, else https://huggingface.co"} */
  endpoint?: string;
  /** Access token. @default {"$HF_TOKEN, else what `hf auth login` stored"} */
  token?: string;
  /** Whether to make no request at all. @default {"$HF_HUB_OFFLINE"} */
  offline?: boolean;
}

/** {@linkcode HubOptions} with nothing left open. */
export interface HubSettings {
  readonly cacheDir: string;
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly offline: boolean;
}

/**
 * Fills in `options` from the environment, by the same rules as Python's `huggingface_hub`.
 *
 * @throws {LocRefError} `hub` if the endpoint is no web address, or the token cannot be sent.
 */
export async function hubSettings(
  options: HubOptions = {},
): Promise<HubSettings> {
  const endpoint = options.endpoint ?? environmentVariable("HF_ENDPOINT") ??
    "https://huggingface.co";
  const token = options.token ?? await findToken();
  checkEndpoint(endpoint);
  checkToken(token);
  return {
    cacheDir: options.cacheDir ?? hubCacheFolder(),
    endpoint: endpoint.replace(/\/+$/, ""),
    token,
    offline: options.offline ??
      isTrue(
        environmentVariable("HF_HUB_OFFLINE") ??
          environmentVariable("TRANSFORMERS_OFFLINE"),
      ),
  };
}

/** Folder of the cache by the environment. */
export function hubCacheFolder(): string {
  return expand(
    environmentVariable("HF_HUB_CACHE") ??
      environmentVariable("HUGGINGFACE_HUB_CACHE") ??
      join(homeOfHub(), "hub"),
  );
}

function homeOfHub(): string {
  return expand(
    environmentVariable("HF_HOME") ??
      join(
        environmentVariable("XDG_CACHE_HOME") ?? join("~", ".cache"),
        "huggingface",
      ),
  );
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const sound = url !== undefined && /^https?:$/.test(url.protocol) &&
    url.username === "" && url.password === "" && url.search === "";
  if (sound) return;
  // The address is not repeated as given where it may hold a password.
  throw new LocRefError(
    "hub",
    `The hub's endpoint ${
      url?.password ? "with a password" : quote(endpoint)
    } must be an address like "https://huggingface.co", without a name, password or query (option endpoint, or HF_ENDPOINT)`,
  );
}

/** The token itself never stands in a message. */
function checkToken(token: string | undefined): void {
  if (token === undefined || /^[\x21-\x7e]*$/.test(token)) return;
  throw new LocRefError(
    "hub",
    "The hub's token holds spaces, line ends or characters outside ASCII, so it cannot be sent: copy it again (option token, HF_TOKEN, or hf auth login)",
  );
}

function expand(path: string): string {
  const expanded = path.replace(
    /\$(\w+)|\$\{(\w+)\}/g,
    (text, bare, braced) => environmentVariable(bare ?? braced) ?? text,
  );
  return expanded.replace(/^~(?=$|[/\\])/, homeFolder);
}

function homeFolder(): string {
  const named = environmentVariable("HOME") ??
    environmentVariable("USERPROFILE");
  if (named !== undefined) return named;
  try {
    return homedir();
  } catch (cause) {
    throw new LocRefError(
      "permission-missing",
      "--allow-env=HOME is missing: the hub's cache lies in the home folder, unless option cacheDir or HF_HUB_CACHE names another",
      { cause },
    );
  }
}

function isTrue(value: string | undefined): boolean {
  return /^(1|on|yes|true)$/i.test(value ?? "");
}

async function findToken(): Promise<string | undefined> {
  const given = environmentVariable("HF_TOKEN") ??
    environmentVariable("HUGGING_FACE_HUB_TOKEN");
  if (given) return given.trim();
  try {
    const named = environmentVariable("HF_TOKEN_PATH");
    const path = named ? expand(named) : join(homeOfHub(), "token");
    return (await readFile(path, "utf-8")).trim() || undefined;
  } catch {
    return undefined;
  }
}
