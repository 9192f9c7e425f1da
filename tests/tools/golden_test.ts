import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { relativeError } from "../../tools/golden/golden_case.ts";
import {
  type GoldenBackend,
  runGoldens,
} from "../../tools/golden/run_goldens.ts";

const dir = fromFileUrl(new URL("../goldens", import.meta.url));

const backends: GoldenBackend[] = [
  ...["onnx", "onnx-winograd", "wasm", "tensorflow"] as const,
];

for (const backend of backends) {
  Deno.test(`every golden case agrees on ${backend}`, async () => {
    const { rows, missing } = await runGoldens(dir, { backends: [backend] });
    assertEquals(missing, []);
    assertEquals(rows.filter((row) => !row.ok), []);
    const names = new Set(rows.map((row) => row.case));
    assert(names.size >= 80, `Only ${names.size} cases ran`);
    if (backend === "onnx-winograd") return; // the same gradients as onnx
    assert(names.has("adamw") && names.has("train"));
  });
}

Deno.test("a golden error is relative to the largest expected value", () => {
  const expected = { shape: [2], data: Float32Array.of(-4, 1) };
  const actual = { shape: [2], data: Float32Array.of(-4, 2) };
  assertEquals(relativeError(actual, expected), 0.25);
});

Deno.test("a golden answer that is not a number is an error", () => {
  const expected = { shape: [2], data: Float32Array.of(1, 1) };
  const actual = { shape: [2], data: Float32Array.of(NaN, 1) };
  assert(!(relativeError(actual, expected) <= 1));
});
