import { assert, assertEquals } from "@std/assert";
import { importPackage } from "../../../../lib/core/packages/import_package.ts";
import { distance, runTest } from "../../../../lib/ops/gpu/test_runs.ts";
import { GraphBuilder } from "../../../../lib/ops/onnx/graph.ts";
import { onnxOps } from "../../../../lib/ops/onnx/ops.ts";

/** Operators of both norms, with the means taken off before or not. */
function norms(centred: boolean) {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { centred });
  const value = (name: string, ...shape: number[]) => ({ name, shape });
  const [weight, bias] = [value("w", 32), value("b", 32)];
  const picture = ops.groupNorm(value("x", 1, 32, 4, 4), weight, bias, {
    ...{ groups: 8, eps: 1e-5 },
  });
  const tokens = ops.layerNorm(value("t", 1, 7, 32), weight, bias, 1e-5);
  assertEquals([picture.shape, tokens.shape], [[1, 32, 4, 4], [1, 7, 32]]);
  return graph.nodes.map(({ type }) => type).filter((type) =>
    /Mean|Sub|Norm/.test(type)
  );
}

Deno.test("means are taken off before norms where the device loses digits of values far from zero", () => {
  const [group, layer] = ["InstanceNormalization", "LayerNormalization"];
  assertEquals(norms(false), [group, layer]);
  const mean = ["ReduceMean", "Sub"];
  assertEquals(norms(true), [...mean, group, ...mean, layer]);
});

/** A group norm of small values with an epsilon, as a graph. */
function groupNormOf(eps: number, oneEpsilon: boolean) {
  const graph = new GraphBuilder();
  const ops = onnxOps(graph, { oneEpsilon });
  const x = { name: "x", shape: [1, 8, 4, 4] };
  const [weight, bias] = [1, 0].map((value) =>
    ops.constant([8], new Float32Array(8).fill(value))
  );
  const small = ops.scale(x, 0.01);
  const y = ops.groupNorm(small, weight!, bias!, { groups: 4, eps });
  return { graph, inputs: [x], outputs: [y] };
}

Deno.test("group norms of any epsilon are the same in a graph that holds a single one", async () => {
  const ort = await importPackage("onnxruntime");
  for (const eps of [1e-6, 1e-5, 1e-3]) {
    const shared = groupNormOf(eps, true);
    const held = shared.graph.nodes.flatMap(({ attributes }) =>
      attributes.epsilon ? [attributes.epsilon] : []
    );
    assertEquals(held, [{ float: 1e-5 }]);
    const expected = await runTest(ort, "cpu", groupNormOf(eps, false));
    const actual = await runTest(ort, "cpu", shared);
    assert(distance(expected, actual) < 1e-6);
  }
  const [large, small] = await Promise.all(
    [1e-3, 1e-6].map((eps) => runTest(ort, "cpu", groupNormOf(eps, false))),
  );
  assert(distance(large!, small!) > 0.1, "an epsilon must show in the values");
});
