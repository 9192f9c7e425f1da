import {
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { join } from "@std/path";
import {
  differenceSize,
  kindOf,
  openDifference,
} from "../../../../lib/weights/lora/difference.ts";
import type { Difference } from "../../../../lib/weights/lora/difference_kind.ts";
import { groupLoraKeys } from "../../../../lib/weights/lora/lora_keys.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { inTempDir } from "../temp_dir.ts";
import { type Tensors, values, writeTensors } from "./tiny_base.ts";

const sizes = fc.record({
  rows: fc.integer({ min: 1, max: 6 }),
  columns: fc.integer({ min: 1, max: 6 }),
  kernel: fc.constantFrom(1, 3),
  rank: fc.integer({ min: 1, max: 4 }),
  alpha: fc.option(fc.integer({ min: 1, max: 16 }), { nil: undefined }),
  scale: fc.constantFrom(1, 0.8, -0.5, 0),
});

Deno.test("a LoRA adds scale · alpha / rank · up · down, linear or convolution", async () => {
  await holds(sizes, ({ rows, columns, kernel, rank, alpha, scale }) => {
    const area = kernel * kernel;
    const n = columns * area;
    const [up, down] = [values(rows * rank, 1), values(rank * n, 2)];
    const shape = area > 1;
    return {
      tensors: {
        "x.lora_up.weight": [shape ? [rows, rank, 1, 1] : [rows, rank], up],
        "x.lora_down.weight": [
          shape ? [rank, columns, kernel, kernel] : [rank, columns],
          down,
        ],
        ...(alpha === undefined
          ? {}
          : { "x.alpha": [[], [alpha]] as Tensors[string] }),
      },
      size: [rows, n],
      expected: product(up, down, { rows, rank, n })
        .map((value) =>
          value * scale * (alpha === undefined ? 1 : alpha / rank)
        ),
      scale,
    };
  });
});

Deno.test("a LoHa adds the product of two products, value by value", async () => {
  await holds(sizes, ({ rows, columns, rank, alpha, scale }) => {
    const parts = ["hada_w1", "hada_w2"].map((name, i) => {
      const a = values(rows * rank, 3 + i);
      const b = values(rank * columns, 5 + i);
      return {
        tensors: {
          [`x.${name}_a`]: [[rows, rank], a],
          [`x.${name}_b`]: [[rank, columns], b],
        } as Tensors,
        whole: product(a, b, { rows, rank, n: columns }),
      };
    });
    const factor = scale * (alpha === undefined ? 1 : alpha / rank);
    return {
      tensors: {
        ...parts[0]!.tensors,
        ...parts[1]!.tensors,
        ...alphaOf(alpha),
      },
      size: [rows, columns],
      expected: parts[0]!.whole.map((value, i) =>
        factor * value * parts[1]!.whole[i]!
      ),
      scale,
    };
  });
});

Deno.test("a LoKr adds the Kronecker product of its factors, whole or split", async () => {
  const cases = fc.record({
    outer: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    inner: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
    ),
    split: fc.constantFrom("none", "first", "second", "both"),
    rank: fc.integer({ min: 1, max: 3 }),
    alpha: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
  });
  await holds(cases, ({ outer, inner, split, rank, alpha }) => {
    const first = factor(
      "lokr_w1",
      outer,
      split === "first" || split === "both",
      rank,
    );
    const second = factor(
      "lokr_w2",
      inner,
      split === "second" || split === "both",
      rank,
    );
    const counts = split !== "none" && alpha !== undefined;
    const expected: number[] = [];
    for (let i = 0; i < outer[0]; i++) {
      for (let p = 0; p < inner[0]; p++) {
        for (let j = 0; j < outer[1]; j++) {
          for (let q = 0; q < inner[1]; q++) {
            expected.push(
              first.whole[i * outer[1] + j]! * second.whole[p * inner[1] + q]! *
                (counts ? alpha / rank : 1),
            );
          }
        }
      }
    }
    return {
      tensors: { ...first.tensors, ...second.tensors, ...alphaOf(alpha) },
      size: [outer[0] * inner[0], outer[1] * inner[1]],
      expected,
      scale: 1,
    };
  });
});

Deno.test("full differences of weight and bias are added as they are", async () => {
  await inTempDir(async (dir) => {
    const path = await writeTensors(join(dir, "f.safetensors"), {
      "x.diff": [[2, 2], [1, 2, 3, 4]],
      "x.diff_b": [[2], [5, 6]],
    });
    const one = await differenceOf(path, 0.5);
    assertEquals([...await addDifference(new Float32Array(4), one)], [
      0.5,
      1,
      1.5,
      2,
    ]);
    const bias = { ...one, kind: "bias" as const };
    assertEquals(differenceSize(bias), [1, 2]);
    assertEquals([...await addDifference(new Float32Array(2), bias)], [2.5, 3]);
  });
});

Deno.test("a header's factor counts where no alpha stands beside the layer", async () => {
  await inTempDir(async (dir) => {
    const tensors: Tensors = {
      "x.lora_up.weight": [[1, 1], [1]],
      "x.lora_down.weight": [[1, 1], [1]],
    };
    const path = await writeTensors(join(dir, "a.safetensors"), tensors);
    const one = { ...await differenceOf(path, 1), headerFactor: () => 0.25 };
    assertEquals([...await addDifference(new Float32Array(1), one)], [0.25]);
    const both = await writeTensors(join(dir, "b.safetensors"), {
      ...tensors,
      "x.alpha": [[], [3]],
    });
    const other = { ...await differenceOf(both, 1), headerFactor: () => 0.25 };
    assertEquals([...await addDifference(new Float32Array(1), other)], [3]);
  });
});

Deno.test("a LoRA with NaN is refused by file and tensor", async () => {
  await inTempDir(async (dir) => {
    const path = await writeTensors(join(dir, "nan.safetensors"), {
      "x.lora_up.weight": [[1, 1], [NaN]],
      "x.lora_down.weight": [[1, 1], [1]],
    });
    const one = await differenceOf(path, 1);
    await assertRejects(
      () => addDifference(new Float32Array(1), one),
      Error,
      'holds NaN or infinity in "x.lora_up.weight"',
    );
  });
});

Deno.test("a layer that lacks a tensor is refused", () => {
  const { layers } = groupLoraKeys(["x.lora_up.weight", "x.alpha"], "f");
  assertThrows(
    () => kindOf(layers.get("x")!, "f"),
    Error,
    'LoRA "f" holds "x.lora_up.weight" without the other tensors of its layer',
  );
});

interface Wanted {
  tensors: Tensors;
  size: number[];
  expected: number[];
  scale: number;
}

/** Merges into weights of their own and compares with the formula. */
async function holds<C>(cases: fc.Arbitrary<C>, wanted: (one: C) => Wanted) {
  await inTempDir(async (dir) => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const { tensors, size, expected, scale } = wanted(one);
        const path = await writeTensors(join(dir, "l.safetensors"), tensors);
        const difference = await differenceOf(path, scale);
        assertEquals(differenceSize(difference), size as [number, number]);
        const x = Float32Array.from(values(expected.length, 9));
        const merged = await addDifference(x.slice(), difference);
        for (let i = 0; i < x.length; i++) {
          assertAlmostEquals(merged[i]!, x[i]! + expected[i]!, 1e-5);
        }
      }),
      { numRuns: 40 },
    );
  });
}

async function differenceOf(path: string, scale: number): Promise<Difference> {
  const source = await openSafetensors(path);
  const tensors = groupLoraKeys(source.names(), path).layers.get("x")!;
  return {
    kind: kindOf(tensors, path)!,
    file: path,
    source,
    tensors,
    scale,
    headerFactor: () => undefined,
  };
}

function alphaOf(alpha: number | undefined): Tensors {
  return alpha === undefined ? {} : { "x.alpha": [[], [alpha]] };
}

function factor(
  name: string,
  [rows, columns]: [number, number],
  split: boolean,
  rank: number,
): { tensors: Tensors; whole: number[] } {
  if (!split) {
    const whole = values(rows * columns, 4);
    return { tensors: { [`x.${name}`]: [[rows, columns], whole] }, whole };
  }
  const [a, b] = [values(rows * rank, 6), values(rank * columns, 8)];
  return {
    tensors: {
      [`x.${name}_a`]: [[rows, rank], a],
      [`x.${name}_b`]: [[rank, columns], b],
    },
    whole: product(a, b, { rows, rank, n: columns }),
  };
}

function product(
  up: number[],
  down: number[],
  { rows, rank, n }: { rows: number; rank: number; n: number },
): number[] {
  return Array.from({ length: rows * n }, (_, at) => {
    const [row, column] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < rank; k++) {
      sum += up[row * rank + k]! * down[k * n + column]!;
    }
    return sum;
  });
}

/** Adds the difference in pieces of one row each. */
async function addDifference(
  x: Float32Array,
  one: Difference,
): Promise<Float32Array> {
  const [rows, columns] = differenceSize(one)!;
  const add = await openDifference(one);
  for (let from = 0; from < rows; from++) {
    const row = x.subarray(from * columns, (from + 1) * columns);
    await add(row, { from, rows: 1, of: rows });
  }
  return x;
}
