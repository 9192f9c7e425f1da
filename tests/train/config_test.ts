import { assert, assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import { parseConfig, stepsOf, trainingFields } from "../../train/config.ts";

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
      'backend must be one of "auto", "tensorflow-gpu", "tensorflow", "wasm", "webgpu", "cpu", got "tpu"',
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
