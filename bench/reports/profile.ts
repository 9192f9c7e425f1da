import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importPackage } from "../../lib/core/packages/import_package.ts";
import type { Program, WeightSource } from "../../lib/ops/executor.ts";
import { sessionSettings, winogradFrom } from "../../lib/ops/onnx/session.ts";
import { withGraphFolder } from "../../lib/ops/onnx/folder.ts";
import { writeProgram } from "../../lib/ops/onnx/program.ts";
import { encodeOnnx } from "../../lib/ops/onnx/proto.ts";
import { randomInputs } from "../random_inputs.ts";
import { median } from "../summarise.ts";

/** One node of a graph as onnxruntime ran it. */
export interface ProfiledNode {
  readonly operator: string;
  /** Median over the runs. */
  readonly seconds: number;
  readonly fastest: number;
  /** Shapes of what went in and came out, but for weights that were packed beforehand. */
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** A program to be profiled. */
export interface Profiled {
  readonly program: Program;
  readonly weights: WeightSource;
  /** Sizes of the dimensions that the program leaves open. */
  readonly dims: Readonly<Record<string, number>>;
}

/** Runs a program as the product does, with onnxruntime's profiler: its nodes, after a run apart. */
export async function profile(
  { program, weights, dims }: Profiled,
  options: { threads: number; runs: number },
): Promise<ProfiledNode[]> {
  const ort = await importPackage("onnxruntime");
  const { graph, files } = await writeProgram(program, weights, {
    winogradFrom: winogradFrom(),
  });
  const folder = await mkdtemp(join(tmpdir(), "locref-profile-"));
  try {
    const session = await withGraphFolder(
      await encodeOnnx(graph),
      files,
      (path) =>
        ort.InferenceSession.create(path, {
          ...sessionSettings(graph, { threads: options.threads }),
          enableProfiling: true,
          profileFilePrefix: join(folder, "profile"),
        }),
    );
    const inputs = randomInputs(program, dims);
    const feeds = Object.fromEntries(session.inputNames.map((name) => {
      const { shape, data } = inputs[name]!;
      const type = data instanceof Int32Array ? "int32" : "float32";
      return [name, new ort.Tensor(type, data as Float32Array, [...shape])];
    }));
    for (let i = 0; i <= options.runs; i++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const [file] = await readdir(folder);
    return nodesOf(JSON.parse(await readFile(join(folder, file!), "utf8")));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An entry of onnxruntime's profile. */
interface Event {
  readonly cat: string;
  readonly name: string;
  /** In microseconds. */
  readonly dur: number;
  readonly args: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Record<string, number[]>[];
    readonly output_type_shape?: readonly Record<string, number[]>[];
  };
}

/** The nodes of all runs but the first. */
function nodesOf(events: readonly Event[]): ProfiledNode[] {
  const byName = new Map<string, Event[]>();
  for (const event of events) {
    if (event.cat !== "Node" || !event.name.endsWith("_kernel_time")) continue;
    byName.set(event.name, [...byName.get(event.name) ?? [], event]);
  }
  const shapes = (values: readonly Record<string, number[]>[] = []) =>
    values.map((value) => Object.values(value)[0] ?? []);
  return [...byName.values()].map((own) => {
    const [{ args }] = own as [Event, ...Event[]];
    const counted = own.length > 1 ? own.slice(1) : own;
    const seconds = counted.map(({ dur }) => dur / 1e6);
    return {
      operator: args.op_name!,
      seconds: median(seconds),
      fastest: Math.min(...seconds),
      inputs: shapes(args.input_type_shape),
      outputs: shapes(args.output_type_shape),
    };
  });
}
