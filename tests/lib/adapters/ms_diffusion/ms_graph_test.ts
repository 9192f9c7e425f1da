import { assert } from "@std/assert";
import fc from "fast-check";
import { msGraph } from "../../../../lib/adapters/ms_diffusion/ms_graph.ts";
import { msMasks } from "../../../../lib/adapters/ms_diffusion/ms_masks.ts";
import type { AttentionSite } from "../../../../lib/bases/places.ts";
import type { FractionBox, Size } from "../../../../lib/core/geometry.ts";
import { type Tensor, tensor } from "../../../../lib/core/tensor.ts";
import type { Executor, Program } from "../../../../lib/ops/executor.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { floatInputs } from "../../../../tools/golden/float_inputs.ts";

const width = 4, heads = 2, dummies = 2, tokens = 3, scale = 0.6;

/** A wide, high or square layer, boxes, and which form of the dummy tokens. */
const settings = fc.record({
  height: fc.integer({ min: 1, max: 4 }),
  columns: fc.integer({ min: 1, max: 6 }),
  boxes: fc.array(
    fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 12 })))
      .map(([a, b, c, d]): FractionBox => ({
        x0: Math.min(a!, b!) / 13,
        x1: (Math.max(a!, b!) + 1) / 13,
        y0: Math.min(c!, d!) / 13,
        y1: (Math.max(c!, d!) + 1) / 13,
      })),
    { minLength: 1, maxLength: 3 },
  ),
  attendDummies: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1000 }),
});

/** Numbers of about one, the same for a seed. */
function values(shape: readonly number[], seed: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    shape,
    Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(seed + 3.7 * i)),
  );
}

/** Whether a cell of a layer and a box share some of their insides. */
function touches(box: FractionBox, cell: number, { height, width }: Size) {
  const [x, y] = [cell % width, Math.floor(cell / width)];
  return box.x0 * width < x + 1 && box.x1 * width > x &&
    box.y0 * height < y + 1 && box.y1 * height > y;
}

/** `T + s·softmax(q·[D ; R_1 … R_n]ᵀ/√d)·V` over the tokens that a query sees, for one row. */
function formula(
  given: { q: Tensor; k: Tensor; v: Tensor; text: Tensor },
  how: { size: Size; boxes: readonly FractionBox[]; attendDummies: boolean },
): number[] {
  const { q, k, v, text } = given;
  const side = width / heads;
  const out = [...text.data];
  for (let cell = 0; cell < how.size.height * how.size.width; cell++) {
    const inside = how.boxes.map((box) => touches(box, cell, how.size));
    const background = !inside.includes(true);
    if (background && !how.attendDummies) continue;
    const seen = [
      ...background ? Array.from({ length: dummies }, (_, i) => i) : [],
      ...inside.flatMap((is, i) =>
        is ? [0, 1, 2].map((t) => dummies + i * tokens + t) : []
      ),
    ];
    for (let head = 0; head < heads; head++) {
      const at = (x: Tensor, row: number, i: number) =>
        x.data[row * width + head * side + i]!;
      const shares = seen.map((token) => {
        let score = 0;
        for (let i = 0; i < side; i++) {
          score += at(q, cell, i) * at(k, token, i);
        }
        return Math.exp(score / Math.sqrt(side));
      });
      const sum = shares.reduce((a, b) => a + b, 0);
      for (let i = 0; i < side; i++) {
        const mixed = seen.reduce(
          (total, token, j) => total + shares[j]! / sum * at(v, token, i),
          0,
        );
        out[cell * width + head * side + i]! += scale * mixed;
      }
    }
  }
  return out;
}

/** The hook's result for one row without guidance. */
async function attended(
  executor: Executor,
  given: { q: Tensor; k: Tensor; v: Tensor; text: Tensor },
  how: { size: Size; boxes: readonly FractionBox[]; attendDummies: boolean },
): Promise<Tensor> {
  const { size } = how;
  const site: AttentionSite = {
    ...{ kind: "cross" as const, layer: 0, path: "mid_block", level: 0 },
    ...{ width, heads, size },
  };
  const masks = msMasks(how.boxes, [size], {
    ...{ dummies, tokens, scale, guided: false },
    attendDummies: how.attendDummies,
  });
  const inputs = {
    ...{ q: given.q, text: given.text, "k.0": given.k, "v.0": given.v },
    ...masks,
  };
  const program: Program = {
    name: "ms",
    inputs: floatInputs(inputs),
    outputs: { out: { kind: "float", shape: given.q.shape } },
    run: (ops, params, all) => ({
      out: msGraph.hooks(ops, params, all, {
        size,
        sites: [site],
        skips: [],
        levels: [],
      }).cross!(site, all.q!, {
        ...{ k: all["k.0"]!, v: all["v.0"]! },
        attend: () => all.text!,
      }),
    }),
  };
  const runner = await executor.compile(program, memoryWeights(new Map()));
  const { out } = await runner.run(inputs);
  await runner.dispose();
  return out!;
}

Deno.test("MS-Diffusion is its formula at every aspect ratio, in both forms of the dummy tokens", async () => {
  const { executor } = await openExecutor("onnx");
  await fc.assert(
    fc.asyncProperty(settings, async (one) => {
      const size = { height: one.height, width: one.columns };
      const how = { ...one, size };
      const cells = size.height * size.width;
      const all = dummies + tokens * one.boxes.length;
      const given = {
        q: values([1, cells, width], one.seed),
        k: values([1, all, width], one.seed + 1),
        v: values([1, all, width], one.seed + 2),
        text: values([1, cells, width], one.seed + 3),
      };
      const expected = formula(given, how);
      const found = await attended(executor, given, how);
      found.data.forEach((value, i) =>
        assert(
          Math.abs(value - expected[i]!) < 1e-5,
          `${value} is not ${expected[i]}`,
        )
      );
    }),
    { numRuns: 25, seed: 8 },
  );
  await executor.dispose();
});
