import { copyFile, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Program } from "../ops/executor.ts";
import {
  looseFile,
  writeLooseWeights,
} from "../ops/onnx/weights/loose_weights.ts";
import { writeProgram, type WriteProgramOptions } from "../ops/onnx/program.ts";
import { graphForm } from "../ops/onnx/session.ts";
import { encodeOnnx, type OnnxGraph } from "../ops/onnx/proto.ts";
import { hashFile } from "../weights/safetensors/hash_file.ts";
import type { Size } from "../core/geometry.ts";
import type { ModelParts } from "../pipeline/load/model_parts.ts";
import { graphsOf } from "../adapters/adapter_programs.ts";
import { modelPrograms } from "../pipeline/load/model_programs.ts";
import type { NamedProgram } from "../bases/base.ts";

/** One graph of an exported model, as its manifest lists it. */
export interface ExportedGraph {
  /** File of the graph. */
  readonly file: string;
  /** Weight files that the graph reads, beside it. */
  readonly data: readonly string[];
  /** Inputs by name; named dimensions may differ from run to run. */
  readonly inputs: Program["inputs"];
  /** Outputs by name. */
  readonly outputs: Program["outputs"];
}

/** Files that {@linkcode writeGraphs} wrote. */
export interface ExportedGraphs {
  readonly graphs: Readonly<Record<string, ExportedGraph>>;
  /** SHA-256 of each weight file. */
  readonly weights: Readonly<Record<string, string>>;
}

/** Bytes of weights that lie in no file, such as those with a LoRA, from which on they get one. */
const mostEmbedded = 2 ** 24;

/** Options of {@linkcode writeGraphs}. */
interface WriteGraphsOptions {
  readonly size: Size;
  readonly captions: boolean;
  /** Whether graphs have the form for WebGPU. @default {false} */
  readonly webgpu?: boolean;
  /** @default {16 MiB} */
  readonly looseFrom?: number;
}

/** WebGPU's fused attention is wrong on some devices, and which one runs a graph is not known here. */
function formOf(
  { webgpu, looseFrom = mostEmbedded }: WriteGraphsOptions,
): WriteProgramOptions {
  return webgpu
    ? { ...graphForm({ device: "webgpu", attention: "tiled" }), looseFrom }
    : { looseFrom };
}

/**
 * Writes every program of a model for latents of `size` into `folder` as ONNX graphs, with copies of
 * the weight files beside them. Graphs that read the same weights share one copy.
 */
export async function writeGraphs(
  parts: ModelParts,
  folder: string,
  options: WriteGraphsOptions,
): Promise<ExportedGraphs> {
  const names = new Map<string, string>();
  const graphs: Record<string, ExportedGraph> = {};
  const written: string[] = [];
  for (const { name, program: make, weights } of exported(parts, options)) {
    const program = make();
    const { graph, files, loose } = await writeProgram(
      program,
      weights,
      formOf(options),
    );
    const renamed = new Map(
      [...files].map(([link, path]) => [link, exportName(names, path)]),
    );
    if (loose.length > 0) {
      const own = `${name}_weights.bin`;
      await writeLooseWeights(weights, loose, { folder });
      await rename(join(folder, looseFile), join(folder, own));
      renamed.set(looseFile, own);
      written.push(own);
    }
    const file = `${name}.onnx`;
    const bytes = await encodeOnnx(withFiles(graph, renamed));
    await writeFile(join(folder, file), bytes);
    graphs[name] = {
      ...{ file, data: [...renamed.values()].sort() },
      ...{ inputs: usedInputs(program, graph), outputs: program.outputs },
    };
  }
  const weights: Record<string, string> = {};
  for (const name of written) {
    weights[name] = await hashFile(join(folder, name));
  }
  for (const [path, name] of names) {
    await copyFile(path, join(folder, name));
    weights[name] = await hashFile(join(folder, name));
  }
  return { graphs, weights };
}

/** The inputs of a program that its graph kept. */
function usedInputs(
  { inputs }: Program,
  graph: OnnxGraph,
): Program["inputs"] {
  const used = new Set(graph.inputs.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(inputs).filter(([name]) => used.has(name)),
  );
}

/** Place of a program in the order in which a picture is made; `undefined`: it takes no part. */
function placeOf({ name, part }: NamedProgram): number | undefined {
  switch (name) {
    case "text_key_value":
      return 1;
    case "unet":
      return 4;
    case "vae_decoder":
      return 5;
    case "vae_encoder":
      return undefined;
  }
  return part === "image_encoder" ? 2 : part === "adapter" ? 3 : 0;
}

/** All programs that a picture is made with. */
function exported(
  parts: ModelParts,
  { size, captions }: { size: Size; captions: boolean },
): NamedProgram[] {
  const adapters = graphsOf(parts.adapters, { captions });
  const all = modelPrograms(parts, { size, adapters, captions });
  return all
    .filter((one) => placeOf(one) !== undefined)
    .toSorted((a, b) => placeOf(a)! - placeOf(b)!)
    .filter(({ part }) =>
      part !== "image_encoder" || parts.adapters.length > 0
    );
}

/** A name for a weight file that says what it is and is no other file's. */
function exportName(names: Map<string, string>, path: string): string {
  const known = names.get(path);
  if (known !== undefined) return known;
  const own = basename(path, ".safetensors");
  const stem = /^(diffusion_pytorch_)?model\b/.test(own)
    ? basename(dirname(path))
    : own;
  const taken = new Set(names.values());
  let name = `${stem}.safetensors`;
  for (let i = 2; taken.has(name); i++) name = `${stem}_${i}.safetensors`;
  names.set(path, name);
  return name;
}

function withFiles(
  graph: OnnxGraph,
  names: ReadonlyMap<string, string>,
): OnnxGraph {
  return {
    ...graph,
    initializers: graph.initializers.map((one) =>
      one.external === undefined ? one : {
        ...one,
        external: { ...one.external, file: names.get(one.external.file)! },
      }
    ),
  };
}
