import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import {
  type LossProgram,
  readConfig,
  readLog,
  runStage,
  tensor,
  trainingStages,
  writeHostWeights,
} from "../../train/mod.ts";
import { withTempDir } from "./temp_dir.ts";

/** The mean square error of a line through the origin. */
const line: LossProgram = {
  name: "line",
  inputs: { x: "float", y: "float" },
  run: (ops, weights, { x, y }) => {
    const none = ops.constant([1], new Float32Array(1));
    const error = ops.sub(
      ops.linear(x!, weights.get("slope", [1, 1]), none),
      y!,
    );
    return { loss: ops.mean(ops.mul(error, error)) };
  },
};

trainingStages.add({
  name: "line",
  open: (config) =>
    Promise.resolve({
      program: line,
      trainable: new Map([[
        "slope",
        { shape: [1, 1], data: Float32Array.of(0) },
      ]]),
      data: {
        length: Infinity,
        batch(samples) {
          const x = samples.flatMap(({ random }) => [...random.normals(1)]);
          const y = x.map((one) => Number(config.slope) * one);
          const shape = [samples.length, 1];
          return {
            x: tensor(shape, Float32Array.from(x)),
            y: tensor(shape, Float32Array.from(y)),
          };
        },
      },
      finish: async (weights) => {
        const path = join(config.out, "line.safetensors");
        await writeHostWeights(path, weights);
        return { slope: weights.get("slope")!.data[0] };
      },
    }),
});

Deno.test("a stage of a user's own project trains from a config file", async () => {
  await withTempDir(async (dir) => {
    const file = join(dir, "config.json");
    const config = {
      ...{ stage: "line", name: "line", out: join(dir, "run"), batch: 8 },
      ...{ steps: 60, slope: 2, backend: "cpu" },
      optimizer: { learningRate: 0.1, weightDecay: 0 },
    };
    await Deno.writeTextFile(file, JSON.stringify(config));
    const { stage, config: complete } = await readConfig(file);
    const { finished, result } = await runStage(stage, complete);
    assertEquals(finished, true);
    const { slope } = result as { slope: number };
    assert(Math.abs(slope - 2) < 0.2, `slope ${slope}`);
    const log = await readLog(config.out);
    assert(log.at(-1)!.loss! < log[0]!.loss!);
  });
});

Deno.test("what is no stage, or has a name that is taken, is refused", () => {
  const open = () => Promise.reject(new Error("never"));
  assertThrows(
    () => trainingStages.add({ name: "locref", open }),
    TypeError,
    'Training stage "locref" exists already',
  );
  assertThrows(
    () => trainingStages.add({ name: "", open }),
    TypeError,
    "Option name of trainingStages.add must be a name",
  );
  assertThrows(
    () => trainingStages.add({ name: "other" } as never),
    TypeError,
    "Option open of trainingStages.add must be a function",
  );
});
