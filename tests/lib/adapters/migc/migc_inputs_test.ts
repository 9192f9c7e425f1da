import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  migcBranches,
  migcInputs,
  type MigcInstance,
  shaderWeights,
} from "../../../../lib/adapters/migc/migc_inputs.ts";
import { layerInputs } from "../../../../lib/adapters/migc/migc_graph.ts";
import { migcLayer } from "../../../../lib/adapters/migc/migc_layer.ts";
import { paintBox } from "../../../../lib/adapters/migc/migc_masks.ts";
import type { AttentionSite } from "../../../../lib/bases/places.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import { listWeights } from "../../../../lib/ops/list_weights.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { memoryWeights } from "../../ops/memory_weights.ts";
import { noise } from "../../ops/host_ops.ts";
import { floatInputs } from "../../../../tools/golden/float_inputs.ts";

const size = { height: 4, width: 4 };
const picture = { height: 32, width: 32 };
const at: AttentionSite = {
  ...{ kind: "cross" as const, layer: 0, path: "mid_block", width: 16 },
  ...{ heads: 2, level: 0, size },
};

function instance(i: number): MigcInstance {
  const box = { x0: 0.4 * i, y0: 0.1, x1: 0.4 * i + 0.5, y1: 0.8 };
  const phrase = Float32Array.from(noise(8, i + 1));
  return { box, mask: paintBox(box, picture), phrase };
}

const box = { x0: 0, y0: 0, x1: 0, y1: 0 };
const empty: MigcInstance = {
  ...{ box, mask: paintBox(box, picture), absent: true },
  phrase: new Float32Array(8),
};

/** A layer's result for a scene of these instances. */
async function mixedOf(
  instances: readonly MigcInstance[],
  plus: boolean,
): Promise<readonly number[]> {
  const count = instances.length + 1;
  // what an empty place attends to must not matter
  const results = Float32Array.from(noise(3 * 16 * 16, 9));
  const filled = new Float32Array(count * 16 * 16).fill(5);
  filled.set(results.subarray(0, Math.min(results.length, filled.length)));
  const values = {
    ...layerInputs(
      migcInputs(instances, { picture, latent: size, layers: [size] }, plus),
      size,
    ),
    h: tensor([1, 16, 16], Float32Array.from(noise(256, 3))),
    results: tensor([count, 16, 16], filled),
  };
  const program: Program = {
    name: "layer",
    inputs: floatInputs(values),
    outputs: { mixed: { kind: "float", shape: [1, 16, 16] } },
    run: (ops, params, inputs) => ({
      mixed: migcLayer(ops, params, {
        ...{ at, plus, textWidth: 8, inputs },
        ...{ h: inputs.h!, results: inputs.results! },
      }).mixed,
    }),
  };
  const weights = new Map(
    [...listWeights(program)].map(([name, shape], i) => [
      name,
      tensor(
        shape,
        Float32Array.from(noise(shape.reduce((a, b) => a * b, 1), i)),
      ),
    ]),
  );
  const { executor } = await openExecutor("wasm");
  const runner = await executor.compile(
    program,
    memoryWeights(Object.fromEntries(weights)),
  );
  const { mixed } = await runner.run(values);
  await runner.dispose();
  await executor.dispose();
  return [...mixed!.data];
}

for (const plus of [false, true]) {
  Deno.test(`places without an instance change nothing in ${plus ? "MIGC++" : "MIGC"}`, async () => {
    const two = [instance(0), instance(1)];
    const alone = await mixedOf(two, plus);
    const filled = await mixedOf([...two, empty, empty], plus);
    const most = Math.max(...alone.map(Math.abs));
    for (const [i, value] of alone.entries()) {
      assert(
        Math.abs(value - filled[i]!) < 1e-5 * most,
        `${value}, ${filled[i]}`,
      );
    }
    const one = await mixedOf([instance(0), empty], plus);
    assert(one.some((value, i) => Math.abs(value - alone[i]!) > 1e-3));
  });
}

Deno.test("the unconditional branch is plain, the conditional one MIGC's", () => {
  const rows = (guided: boolean) => {
    const { mixed, plain } = migcBranches(guided);
    return [[...mixed!.data], [...plain!.data]];
  };
  assertEquals(rows(true), [[0, 1], [1, 0]]);
  assertEquals(rows(false), [[1], [0]]);
});

Deno.test("boxes are written as x0, x1, y0, y1, behind an empty one of the scene", () => {
  const sizes = { picture, latent: size, layers: [size] };
  const { boxes } = migcInputs([instance(1)], sizes, false);
  const first = [0.4, 0.9, 0.1, 0.8];
  assertEquals(boxes!.shape, [2, 1, 64]);
  assertEquals([...boxes!.data.subarray(0, 8)], [0, 0, 0, 0, 1, 1, 1, 1]);
  first.forEach((value, i) => {
    assertAlmostEquals(boxes!.data[64 + i]!, Math.sin(value), 1e-6);
    assertAlmostEquals(boxes!.data[68 + i]!, Math.cos(value), 1e-6);
  });
});

Deno.test("captions weigh ten times the scene's, shared where boxes overlap", () => {
  const [scene, one, two] = shaderWeights([
    ...[Float32Array.of(0, 1, 1), Float32Array.of(0, 0, 1)],
  ], 3);
  const shares = [[1, 1 / 11, 1 / 21], [0, 10 / 11, 10 / 21], [0, 0, 10 / 21]];
  [scene!, one!, two!].forEach((row, i) =>
    row.forEach((value, q) => assertAlmostEquals(value, shares[i]![q]!, 2e-6))
  );
});
