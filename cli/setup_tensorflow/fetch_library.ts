import { join } from "node:path";
import { cacheFolder } from "../../lib/core/files/cache_folder.ts";
import { removeLeftovers } from "./remove_leftovers.ts";
import { hasCommand, runCommand } from "./run_command.ts";
import { unzipFiles } from "./unzip_files.ts";

/** The two shared libraries that the binding is linked against. */
export const libraryFiles = [
  "libtensorflow_cc.so.2",
  "libtensorflow_framework.so.2",
] as const;

const mavenVersion = "1.2.0";
const tensorflowVersion = "2.21";

/**
 * Folder with the libraries of TensorFlow 2.21, fetched into the user's cache where they are not
 * yet: by Maven, or for the CPU by pip where Maven is missing.
 *
 * @throws {Error} with what to install.
 */
export async function fetchLibrary(
  gpu: boolean,
  log: (line: string) => void,
): Promise<string> {
  const suffix = gpu ? "-gpu" : "";
  const folder = join(
    cacheFolder(),
    `tensorflow-${tensorflowVersion}${suffix}`,
  );
  if (await holdsLibraries(folder)) return folder;
  await Deno.mkdir(cacheFolder(), { recursive: true });
  await removeLeftovers(cacheFolder(), "tensorflow");
  const part = await Deno.makeTempDir({
    dir: cacheFolder(),
    prefix: `tensorflow${suffix}-`,
    suffix: ".part",
  });
  try {
    const archive = await fetchArchive(part, gpu, log);
    const unpacked = join(part, "unpacked");
    await Deno.mkdir(unpacked);
    log("Unpacking two shared libraries (0.9 GB)");
    await unzipFiles(archive, unpacked, libraryFiles);
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await Deno.rename(unpacked, folder);
  } finally {
    await Deno.remove(part, { recursive: true });
  }
  return folder;
}

async function holdsLibraries(folder: string): Promise<boolean> {
  for (const name of libraryFiles) {
    const file = await Deno.stat(join(folder, name)).catch(() => undefined);
    if (file === undefined || file.size === 0) return false;
  }
  return true;
}

async function fetchArchive(
  folder: string,
  gpu: boolean,
  log: (line: string) => void,
): Promise<string> {
  const refusals: string[] = [];
  for (const fetch of gpu ? [byMaven] : [byMaven, byPip]) {
    const answer = await fetch(folder, gpu, log);
    if ("archive" in answer) return answer.archive;
    refusals.push(answer.refusal);
    log(answer.refusal);
  }
  const remedy = "Install Maven and Java (Debian: `apt-get install maven`)" +
    (gpu ? "" : ", or Python with pip") + ", and run this again";
  throw new Error(`${refusals.join("; ")}. ${remedy}`);
}

type Fetched = { archive: string } | { refusal: string };

async function byMaven(
  folder: string,
  gpu: boolean,
  log: (line: string) => void,
): Promise<Fetched> {
  if (!await hasCommand("mvn")) return { refusal: "Maven (mvn) is missing" };
  const classifier = `linux-x86_64${gpu ? "-gpu" : ""}`;
  const artifact =
    `org.tensorflow:tensorflow-core-native:${mavenVersion}:jar:${classifier}`;
  const archive = join(folder, "library.jar");
  log(`Maven fetches ${artifact} (${gpu ? "over 1 GB" : "270 MB"})`);
  const { code, tail } = await runCommand("mvn", [
    "--batch-mode",
    "--quiet",
    // Newer versions of the plugin fail on this artifact's parent.
    "org.apache.maven.plugins:maven-dependency-plugin:2.8:get",
    `-Dartifact=${artifact}`,
    "-Dtransitive=false",
    `-Ddest=${archive}`,
  ], { cwd: folder });
  if (code === 0) return { archive };
  return { refusal: `Maven could not fetch ${artifact}: ${firstError(tail)}` };
}

async function byPip(
  folder: string,
  _gpu: boolean,
  log: (line: string) => void,
): Promise<Fetched> {
  if (!await hasCommand("python3")) return { refusal: "Python is missing" };
  const wheel = `tensorflow-cpu==${tensorflowVersion}.0`;
  log(`pip fetches ${wheel} (270 MB)`);
  const { code, tail } = await runCommand("python3", [
    "-m",
    "pip",
    "download",
    "--no-deps",
    "--only-binary=:all:",
    "--python-version=311",
    "--platform=manylinux_2_27_x86_64",
    `--dest=${folder}`,
    wheel,
  ], { cwd: folder });
  for await (const { name } of Deno.readDir(folder)) {
    if (code === 0 && name.endsWith(".whl")) {
      return { archive: join(folder, name) };
    }
  }
  return { refusal: `pip could not fetch ${wheel}: ${firstError(tail)}` };
}

function firstError(tail: string): string {
  const lines = tail.split("\n");
  return (lines.find((line) => /error/i.test(line)) ?? lines[0] ?? "").trim();
}
