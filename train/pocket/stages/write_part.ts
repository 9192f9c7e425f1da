import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../../lib/core/files/write_file.ts";
import { type HostWeights, writeHostWeights } from "../../loop/host_weights.ts";

/** Writes one part of a model in Hugging Face layout: config and half-precision weights. */
export async function writePart(
  folder: string,
  name: "diffusion_pytorch_model" | "model",
  part: { config: object; weights: HostWeights },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeHostWeights(join(folder, `${name}.safetensors`), part.weights, {
    dtype: "F16",
  });
  await writeJson(join(folder, "config.json"), part.config);
}

/** Writes a JSON file, whole or not at all. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Appends a value to a file of JSON lines, numbers in at most five digits. */
export async function appendJsonLine(
  path: string,
  value: unknown,
): Promise<void> {
  const line = JSON.stringify(
    value,
    (_, one) => typeof one === "number" ? Number(one.toPrecision(5)) : one,
  );
  await Deno.writeTextFile(path, `${line}\n`, { append: true });
}
