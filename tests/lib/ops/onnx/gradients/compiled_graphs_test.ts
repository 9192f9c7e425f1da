import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { importPackage } from "../../../../../lib/core/packages/import_package.ts";
import { random } from "../../../../../lib/core/random.ts";
import type { LossProgram } from "../../../../../lib/ops/loss_program.ts";
import { createKept } from "../../../../../lib/ops/onnx/gradients/compiled_graphs.ts";
import { graphNames } from "../../../../../lib/ops/onnx/gradients/graph_names.ts";
import { writeGradientProgram } from "../../../../../lib/ops/onnx/gradients/gradient_program.ts";
import { encodeOnnx } from "../../../../../lib/ops/onnx/proto.ts";
import { noWeights } from "../../../../../train/loop/host_weights.ts";
import { withTempDir } from "../../../../train/temp_dir.ts";

const ort = await importPackage("onnxruntime");
const settings = {
  graphOptimizationLevel: "all",
  logSeverityLevel: 3,
} as const;
const width = 256;

/** The mean of `gelu(x · w)` times `factor` with its derivative by `w`, as a graph of 256 kB. */
async function graphOf(factor: number): Promise<Uint8Array> {
  const program: LossProgram = {
    name: "kept",
    inputs: { x: "float" },
    run: (ops, weights, { x }) => {
      const fixed = ops.constant(
        [1, width, width],
        random(1, "constant").normals(width * width),
      );
      const w = weights.get("w", [width, width]);
      const y = ops.gelu(ops.product(ops.linear(x!, w), fixed));
      return { loss: ops.scale(ops.mean(y), factor) };
    },
  };
  const { graph } = await writeGradientProgram(program, {
    shapes: { x: [1, 2, width] },
    trained: new Map([["w", [width, width]]]),
    frozen: noWeights,
  });
  return await encodeOnnx(graph);
}

/** Loss and derivatives of fixed inputs. */
async function resultsOf(session: Awaited<ReturnType<typeof createKept>>) {
  const values = (name: string, shape: number[]) =>
    new ort.Tensor(
      "float32",
      random(1, name).normals(shape.reduce((a, b) => a * b)),
      shape,
    );
  const results = await session.run({
    [graphNames.batch("x")]: values("x", [1, 2, width]),
    [graphNames.weight("w")]: values("w", [width, width]),
    [graphNames.share]: new ort.Tensor("float32", Float32Array.of(1), []),
  });
  await session.release();
  return [graphNames.loss, graphNames.gradient("w")]
    .map((name) => results[name]!.data);
}

async function namesIn(folder: string): Promise<string[]> {
  const names = (await Array.fromAsync(Deno.readDir(folder)))
    .map(({ name }) => name);
  return names.sort();
}

Deno.test("a graph that was compiled before is read, with the same results to the bit", async () => {
  await withTempDir(async (folder) => {
    const bytes = await graphOf(1);
    const first = await resultsOf(
      await createKept(ort, bytes, { settings, folder }),
    );
    const [name, ...others] = await namesIn(folder);
    assertEquals(others, []);
    const path = join(folder, name!);
    const { mtime } = await Deno.stat(path);
    const plain = await resultsOf(
      await ort.InferenceSession.create(bytes, settings),
    );
    const second = await resultsOf(
      await createKept(ort, bytes, { settings, folder }),
    );
    assertEquals(second, first);
    assertEquals(first, plain);
    assertEquals(await namesIn(folder), [name]);
    assert((await Deno.stat(path)).mtime! >= mtime!);
  });
});

Deno.test("a kept graph that is damaged is made again", async () => {
  await withTempDir(async (folder) => {
    const bytes = await graphOf(1);
    const first = await resultsOf(
      await createKept(ort, bytes, { settings, folder }),
    );
    const [name] = await namesIn(folder);
    await Deno.writeTextFile(join(folder, name!), "no graph");
    const second = await resultsOf(
      await createKept(ort, bytes, { settings, folder }),
    );
    assertEquals(second, first);
    assert((await Deno.stat(join(folder, name!))).size > 1000);
  });
});

Deno.test("other graphs and other settings have files of their own, the twelve used last", async () => {
  await withTempDir(async (folder) => {
    for (let i = 0; i < 13; i++) {
      const bytes = await graphOf(1 + i);
      await (await createKept(ort, bytes, { settings, folder })).release();
    }
    const bytes = await graphOf(1);
    const threads = { ...settings, intraOpNumThreads: 1 };
    const before = await namesIn(folder);
    await (await createKept(ort, bytes, { settings: threads, folder }))
      .release();
    const after = await namesIn(folder);
    assertEquals([before.length, after.length], [12, 12]);
    assertEquals(after.filter((name) => !before.includes(name)).length, 1);
  });
});

Deno.test("a graph is compiled where no file can be kept", async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, "file");
    await Deno.writeTextFile(file, "");
    const bytes = await graphOf(1);
    const session = await createKept(ort, bytes, { settings, folder: file });
    assertEquals((await resultsOf(session)).length, 2);
  });
});

Deno.test("a graph is compiled where the disk takes no file of it", async () => {
  await withTempDir(async (dir) => {
    // a folder whose own path the system takes, but none of the files in it
    const longest = Deno.build.os === "linux" ? 4095 : 1023;
    const parts = Array<string>(Math.ceil(longest / 51)).fill("x".repeat(50));
    const folder = join(dir, ...parts).slice(0, longest - 20).replace(
      /.$/,
      "x",
    );
    const bytes = await graphOf(1);
    const session = await createKept(ort, bytes, { settings, folder });
    assertEquals((await resultsOf(session)).length, 2);
    assertEquals(await namesIn(folder), []);
  });
});
