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
