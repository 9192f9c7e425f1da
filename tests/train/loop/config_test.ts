import { assert, assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import { LocRefError } from "../../../lib/core/error.ts";
import { configChanges } from "../../../train/config_changes.ts";
import { locrefSchema } from "../../../train/locref/locref_config.ts";
import {
  parseConfig,
  stepsOf,
  trainingFields,
} from "../../../train/loop/config.ts";

const schema = v.strictObject(trainingFields);
const least = { name: "a", out: "runs/a", batch: 4, steps: 10 };

Deno.test("a config is completed with defaults", () => {
  const config = parseConfig(schema, least, "a.json");
  assertEquals(config.optimizer.learningRate, 1e-4);
  assertEquals(config.optimizer.weightDecay, 0.01);
  assertEquals(config.checkpoint, { every: 500, keep: 2 });
  assertEquals(parseConfig(schema, config, "again"), config);
});

Deno.test("errors of a config name the file, the field and what it may be", () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{ batch: 0 }, "batch"],
    [{ batchSize: 3 }, "batchSize"],
    [{ optimizer: { learningRate: "fast" } }, "optimizer.learningRate"],
    [{ backend: "tpu" }, "backend"],
    [{ steps: null }, "exactly one of steps and epochs"],
    [{ epochs: 3 }, "exactly one of steps and epochs"],
  ];
  for (const [change, text] of wrong) {
    const error = assertThrows(
      () => parseConfig(schema, { ...least, ...change }, "a.json"),
      Error,
    );
    assert(error.message.startsWith("a.json: "), error.message);
    assert(error.message.includes(text), error.message);
  }
});

const locref = {
  ...{ name: "a", out: "runs/a", batch: 4, steps: 10, stage: "locref" },
  model: { base: "base", imageEncoder: "encoder" },
  data: { shards: "data" },
};

for (
  const [change, message] of [
    [{ batchSize: 3 }, 'batchSize is not known, did you mean "batch"?'],
    [{ sede: 3 }, 'sede is not known, did you mean "seed"?'],
    [{ lr: 1e-4 }, 'lr is called "optimizer.learningRate" here'],
    [{ num_train_epochs: 3 }, 'num_train_epochs is called "epochs" here'],
    [
      { learningRate: 1e-4 },
      'learningRate is not known, there is "optimizer.learningRate"',
    ],
    [
      { optimizer: { learningrate: 1 } },
      'optimizer.learningrate is not known, did you mean "learningRate"?',
    ],
    [
      { optimizer: { schedule: { warmUp: 1 } } },
      'optimizer.schedule.warmUp is not known, did you mean "warmup"?',
    ],
    [
      { data: { shards: "a", image_size: 3 } },
      "data.image_size is not known, known are shards, split, side, maxInstances, cache",
    ],
    [{ xyzzy: 3 }, "xyzzy is not known, known are name, out,"],
    [{ batch: 0 }, "batch must be at least 1, got 0"],
    [{ batch: "4" }, 'batch must be a number, got the string "4"'],
    [{ batch: 1.5 }, "batch must be a whole number, got 1.5"],
    [{ batch: null }, "batch must be a number, got null"],
    [{ batch: undefined }, "batch is missing"],
    [{ model: { base: "base" } }, "model.imageEncoder is missing"],
    [{ model: "base" }, 'model must be an object, got "base"'],
    [
      { optimizer: { learningRate: 0 } },
      "optimizer.learningRate must be above 0, got 0",
    ],
    [
      { optimizer: { betas: [0.9, 1] } },
      "optimizer.betas.1 must be below 1, got 1",
    ],
    [
      { optimizer: { learningRate: "1e400" } },
      "optimizer.learningRate must be a finite number, got Infinity",
    ],
    [{ dropout: { image: 5 } }, "dropout.image must be at most 1, got 5"],
    [{ recompute: "yes" }, 'recompute must be true or false, got "yes"'],
    [{ name: "" }, 'name must be something that is not empty, got ""'],
    [
      { appearanceNet: { input: "pool" } },
      'appearanceNet.input must be one of "pooled", "patch", got "pool", did you mean "pooled"?',
    ],
    [{ backend: "tensorflow_gpu" }, 'did you mean "tensorflow-gpu"?'],
    [{ backend: "cuda" }, 'did you mean "onnx-cuda"?'],
    [{ backend: "mps" }, 'did you mean "onnx-webgpu"?'],
  ] as [Record<string, unknown>, string][]
) {
  Deno.test(`a config with ${JSON.stringify(change)} is refused by its key`, () => {
    // a number in JSON may be infinite
    const text = JSON.parse(
      JSON.stringify({ ...locref, ...change }).replace('"1e400"', "1e400"),
    );
    const error = assertThrows(
      () => parseConfig(locrefSchema, text, "a.json"),
      LocRefError,
    );
    assert(error.message.startsWith("a.json: "), error.message);
    assert(error.message.includes(message), error.message);
  });
}

Deno.test("a config with many mistakes is refused in one bounded message", () => {
  const many = Object.fromEntries(
    Array.from(
      { length: 500 },
      (_, i) => [`wrong key ${"x".repeat(500)} ${i}`, i],
    ),
  );
  const error = assertThrows(
    () => parseConfig(locrefSchema, { ...locref, ...many }, "a.json"),
    LocRefError,
  );
  assert(error.message.length < 4000, String(error.message.length));
});

Deno.test("what a run goes on with otherwise is said setting by setting", () => {
  const before = parseConfig(locrefSchema, locref, "a.json");
  assertEquals(configChanges(before, before), []);
  const now = {
    ...before,
    ...{ steps: 90, backend: "wasm", sampleEvery: 3 },
    optimizer: { ...before.optimizer, learningRate: 1 },
    data: { ...before.data, shards: "other" },
  };
  assertEquals(configChanges(before, now), [
    'The run was begun with data.shards "data" and goes on with "other"',
    "The run was begun with optimizer.learningRate 0.0001 and goes on with 1",
  ]);
});

Deno.test("epochs become steps", () => {
  const config = parseConfig(
    schema,
    { ...least, steps: null, epochs: 100, batch: 32 },
    "a.json",
  );
  assertEquals(stepsOf(config, 1000), 3125);
});

Deno.test("a wrong field is one sentence with its value and what is allowed", () => {
  const rows: [unknown, string][] = [
    [
      { ...least, batchSize: 3 },
      'batchSize is not known, did you mean "batch"?',
    ],
    [
      { ...least, optimiser: {} },
      'optimiser is not known, did you mean "optimizer"?',
    ],
    [
      { ...least, optimizer: { schedule: { warmpu: 1 } } },
      'optimizer.schedule.warmpu is not known, did you mean "warmup"?',
    ],
    [
      { ...least, checkpoint: { evrey: 3 } },
      'checkpoint.evrey is not known, did you mean "every"?',
    ],
    [{ ...least, batch: "4" }, 'batch must be a number, got the string "4"'],
    [{ ...least, batch: 0 }, "batch must be at least 1, got 0"],
    [{ ...least, batch: 2.5 }, "batch must be a whole number, got 2.5"],
    [{ ...least, batch: NaN }, "batch must be a number, got NaN"],
    [{ name: "a", out: "b", steps: 1 }, "batch is missing"],
    [
      { ...least, name: "" },
      'name must be something that is not empty, got ""',
    ],
    [
      { ...least, backend: "tpu" },
      'backend must be one of "auto", "onnx-cuda", "tensorflow-gpu", "onnx", "tensorflow", "wasm", "onnx-webgpu", "webgpu", "cpu", got "tpu", did you mean "cpu"?',
    ],
    [
      { ...least, optimizer: { learningRate: 0 } },
      "optimizer.learningRate must be above 0, got 0",
    ],
    [{ ...least, optimizer: 3 }, "optimizer must be an object, got 3"],
    [
      { ...least, optimizer: { betas: 0.9 } },
      "optimizer.betas must be a list, got 0.9",
    ],
    [7, "the config must be an object, got 7"],
  ];
  for (const [config, sentence] of rows) {
    const error = assertThrows(() => parseConfig(schema, config, "a.json"));
    assertEquals((error as Error).message, `a.json: ${sentence}`);
  }
});
