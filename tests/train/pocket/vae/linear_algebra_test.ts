import { assert, assertAlmostEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import {
  gram,
  type Matrix,
  multiply,
  principalComponents,
  ridgeRegression,
  solve,
} from "../../../../train/pocket/vae/linear_algebra.ts";

function randomMatrix(rows: number, columns: number, key: string): Matrix {
  const data = Float64Array.from(random(key).normals(rows * columns));
  return { rows, columns, data };
}

Deno.test("a solved system gives its right side back", () => {
  const x = randomMatrix(20, 6, "x"), b = randomMatrix(6, 3, "b");
  const a = gram(x, x);
  const back = multiply(a, solve(a, b));
  for (const [i, value] of b.data.entries()) {
    assertAlmostEquals(back.data[i]!, value, 1e-9);
  }
});

Deno.test("a regression finds the map and the bias that made its data", () => {
  const x = randomMatrix(200, 5, "x"), w = randomMatrix(5, 2, "w");
  const y = multiply(x, w);
  const moved = { ...y, data: y.data.map((value) => value + 3) };
  const found = ridgeRegression(x, moved, 0);
  for (const [i, value] of w.data.entries()) {
    assertAlmostEquals(found.data[i]!, value, 1e-6);
  }
  assertAlmostEquals(found.data[10]!, 3, 1e-6);
});

Deno.test("principal components find the directions that rows were stretched along", () => {
  const data = randomMatrix(2000, 3, "rows");
  for (let row = 0; row < data.rows; row++) {
    const [a, b, c] = data.data.subarray(row * 3, row * 3 + 3);
    // 5 along (3, 4, 0) / 5, 2 along (−4, 3, 0) / 5, 0.1 upwards, about (1, 2, 3)
    data.data.set(
      [3 * a! - 1.6 * b! + 1, 4 * a! + 1.2 * b! + 2, 0.1 * c! + 3],
      row * 3,
    );
  }
  const { mean, directions, deviations } = principalComponents(data, 2);
  assertAlmostEquals(mean[2]!, 3, 0.02);
  assertAlmostEquals(deviations[0]!, 5, 0.3);
  assertAlmostEquals(deviations[1]!, 2, 0.15);
  const along = Math.abs(0.6 * directions.data[0]! + 0.8 * directions.data[1]!);
  assert(along > 0.999, `${along}`);
});
