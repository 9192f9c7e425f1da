import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { environmentVariable } from "../../core/machine/environment.ts";
import { homeFolder } from "../../core/files/cache_folder.ts";
import { probe } from "./nvidia_driver.ts";

/** Traces of a machine's GPUs before any driver is loaded. */
export interface GpuTraces {
  /** Why there can be no GPU for WebGPU, as a clause; absent where there may be one. */
  readonly missing?: string;
  /** Words that stand for adapter and driver: the list changes when either does. */
  readonly identity: readonly string[];
}

/** Drivers of Vulkan that compute on the processor. */
const softwareDrivers = /libvulkan_lvp|swiftshader/i;

/** Device files of GPUs. */
const deviceFiles = [
  ...Array.from({ length: 8 }, (_, i) => `/dev/dri/renderD${128 + i}`),
  "/dev/nvidiactl",
  "/dev/dxg",
];

const loaders = [
  "/usr/lib/x86_64-linux-gnu",
  "/lib/x86_64-linux-gnu",
  "/usr/lib64",
  "/usr/lib",
  "/usr/local/lib",
];

/**
 * Looks for GPUs as Linux and Vulkan's loader name them: device files, and drivers' manifests. What
 * may not be read counts as unknown.
 */
export function gpuTraces(
  platform: string = process.platform,
  variable: Variable = environmentVariable,
): GpuTraces {
  if (platform !== "linux") return { identity: [platform, process.arch] };
  const named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].map(variable).find((
    one,
  ) => one !== undefined);
  const manifests = (named?.split(":") ?? manifestFolders(variable)).flatMap(
    manifestsAt,
  ).concat((variable("VK_ADD_DRIVER_FILES")?.split(":") ?? []).flatMap(
    manifestsAt,
  ));
  const drivers = manifests.map(driverOf).filter((one) => one !== undefined);
  const devices = deviceFiles.map((path) => ({ path, state: probe(path) }));
  const identity = [
    platform,
    process.arch,
    `processors ${navigator.hardwareConcurrency}`,
    ...drivers.map(({ library }) => `${library} ${stateOf(library)}`),
    ...loaders.map((folder) => stateOf(join(folder, "libvulkan.so.1"))),
    ...devices.filter(({ state }) => state === "there").map(({ path }) =>
      `${path} ${adapterOf(path)}`
    ),
    read("/proc/driver/nvidia/version"),
  ];
  return { missing: missingPart({ drivers, devices, named }), identity };
}

function missingPart({ drivers, devices, named }: {
  drivers: readonly Driver[];
  devices: readonly { state: "there" | "missing" | "refused" }[];
  named?: string;
}): string | undefined {
  if (drivers.length === 0) return "no driver of Vulkan is installed";
  if (drivers.every(({ library }) => softwareDrivers.test(library))) {
    return "the only driver of Vulkan computes on the processor";
  }
  const none = devices.every(({ state }) => state === "missing");
  return none && named === undefined ? "the system shows no GPU" : undefined;
}

/** A variable of the environment by its name. */
type Variable = (name: string) => string | undefined;

/** Folders in which Vulkan's loader looks for manifests. */
function manifestFolders(variable: Variable): string[] {
  const home = homeFolder();
  const roots = [
    variable("XDG_CONFIG_HOME") ?? join(home, ".config"),
    ...(variable("XDG_CONFIG_DIRS") ?? "/etc/xdg").split(":"),
    "/etc",
    variable("XDG_DATA_HOME") ?? join(home, ".local/share"),
    ...(variable("XDG_DATA_DIRS") ?? "/usr/local/share:/usr/share").split(":"),
  ];
  return [...new Set(roots)].map((root) => join(root, "vulkan/icd.d"));
}

function manifestsAt(path: string): string[] {
  if (path.endsWith(".json")) return [path];
  try {
    return readdirSync(path).filter((name) => name.endsWith(".json")).sort()
      .map((name) => join(path, name));
  } catch {
    return [];
  }
}

/** Adapters as WebGPU describes them: a part of the identity where files do not show them. */
export async function adapterNames(): Promise<string[]> {
  const { gpu } = navigator as {
    gpu?: { requestAdapter(): Promise<{ info?: unknown } | null> };
  };
  const info = await gpu?.requestAdapter().then(
    (adapter) => adapter?.info,
    () => undefined,
  );
  if (!info) return [];
  const { vendor, device, description } = info as Record<string, unknown>;
  return [`${vendor} ${device} ${description}`];
}

/** A driver of Vulkan. */
interface Driver {
  /** Path or name of its library. */
  readonly library: string;
}

function driverOf(manifest: string): Driver | undefined {
  try {
    const { ICD } = JSON.parse(readFileSync(manifest, "utf8"));
    const library = String(ICD.library_path);
    return {
      library: library.includes("/")
        ? resolve(dirname(manifest), library)
        : loaders.map((folder) => join(folder, library)).find((path) =>
          probe(path) === "there"
        ) ?? library,
    };
  } catch {
    return undefined;
  }
}

function stateOf(path: string): string {
  try {
    const { size, mtimeMs } = statSync(path);
    return `${size} ${Math.round(mtimeMs)}`;
  } catch {
    return "";
  }
}

/** Vendor and model of a device file, as the kernel knows them. */
function adapterOf(path: string): string {
  const device = join("/sys/class/drm", path.slice(path.lastIndexOf("/") + 1));
  return ["vendor", "device"].map((name) => read(join(device, "device", name)))
    .join(" ");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}
