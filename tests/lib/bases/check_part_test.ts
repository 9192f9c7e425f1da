import { assertThrows } from "@std/assert";
import type { NamedPart } from "../../../lib/bases/base.ts";
import { checkPart } from "../../../lib/bases/check_part.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import type { Program } from "../../../lib/ops/executor.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";

const program: Program = {
  name: "encoder",
  inputs: { x: { kind: "float", shape: [1, 2] } },
  outputs: { y: { kind: "float", shape: [1, 2] } },
  run: (ops, params, { x }) => ({
    y: ops.linear(x!, params.get("weight", [2, 2])),
  }),
};

/** A text encoder's part with one more tensor than its program reads. */
function partWith(extra: string, width: number): NamedPart {
  const ones = (shape: number[]) => ({
    shape,
    data: new Float32Array(shape.reduce((a, b) => a * b)).fill(1),
  });
  return {
    name: "text_encoder",
    folder: "model/text_encoder",
    config: {},
    weights: memoryWeights(
      new Map([
        ["weight", ones([2, 2])],
        [extra, ones([1, width])],
      ]),
    ),
    kinds: ["clip-text"],
    expected: "a text encoder",
  };
}

for (
  const name of [
    "text_model.embeddings.position_ids",
    "embeddings.position_ids",
    "position_ids",
  ]
) {
  Deno.test(`a text encoder of an old pipeline with ${name} is read`, () => {
    checkPart(partWith(name, 77), [program]);
    checkPart(partWith(name, 5), [program]);
  });
}

Deno.test("another tensor that no program reads is refused by name", () => {
  assertThrows(
    () => checkPart(partWith("text_model.embeddings.position", 77), [program]),
    LocRefError,
    "text_model.embeddings.position",
  );
});
