import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { readFile } from "node:fs/promises";

/** The machine in one line, with how busy it is: numbers of two machines cannot be compared. */
export async function describeMachine(): Promise<string> {
  const cores = availableParallelism();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  const [load] = loadavg();
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${model}, ${cores} cores${await vectorUnits()}, ${memory} GB, load ${
    load!.toFixed(1)
  } when it began; Deno ${Deno.version.deno}`;
}

async function vectorUnits(): Promise<string> {
  const text = await readFile("/proc/cpuinfo", "utf8").catch(() => "");
  const names = ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile"];
  const found = names.filter((name) => text.includes(` ${name}`));
  return found.length > 0 ? ` (${found.join(", ")})` : "";
}
