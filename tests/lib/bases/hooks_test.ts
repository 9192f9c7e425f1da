import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  type AdapterGraph,
  type Hooks,
  joinHooks,
} from "../../../lib/bases/hooks.ts";
import type { AttentionSite, SkipSite } from "../../../lib/bases/places.ts";
import { featureSites } from "../../../lib/bases/sd/feature_sites.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { onnxExecutor } from "../../../lib/ops/onnx/executor.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import { openStableDiffusion } from "../../../tools/open_stable_diffusion.ts";
import { randomInputs } from "../../../bench/random_inputs.ts";

const { unet } = await openStableDiffusion(
  fromFileUrl(new URL("../../goldens/sd-tiny", import.meta.url)),
);
const size = { height: 8, width: 8 };

/** The prediction of the golden UNet with hooks, on fixed inputs. */
async function predict(
  make?: <T>(ops: Ops<T>) => Hooks<T>,
): Promise<Float32Array> {
  const graph: AdapterGraph = {
    prefix: "test",
    acts: [],
    hooks: (ops) => make!(ops),
  };
  const program = unetProgram(unet.config, {
    size,
    adapters: make === undefined ? [] : [graph],
  });
  const executor = await onnxExecutor();
  const runner = await executor.compile(program, unet.weights);
  try {
    const inputs = randomInputs(program, { batch: 1, text_tokens: 5 });
    return floats((await runner.run(inputs)).prediction!);
  } finally {
    await runner.dispose();
    await executor.dispose();
  }
}

const plain = await predict();

function distance(other: Float32Array): number {
  return Math.max(...plain.map((value, i) => Math.abs(value - other[i]!)));
}

Deno.test("hooks that change nothing leave the prediction as it is", async () => {
  const same = await predict(() => ({
    self: (_, parts) => parts,
    afterSelf: (_, x) => x,
    cross: (_, __, text) => text.attend(),
    around: (_, __, { result }) => result(),
    residual: (_, x) => x,
    level: (_, x) => x,
  }));
  assertEquals(same, plain);
});

Deno.test("every hook reaches the prediction", async () => {
  const changes: Record<string, <T>(ops: Ops<T>) => Hooks<T>> = {
    self: (ops) => ({
      self: (_, { q, k, v }) => ({ q, k, v: ops.scale(v, 0) }),
    }),
    afterSelf: (ops) => ({ afterSelf: (_, x) => ops.scale(x, 0.5) }),
    cross: (ops) => ({
      cross: (_, __, text) => ops.scale(text.attend(), 0),
    }),
    around: (ops) => ({ around: (_, h) => ops.scale(h, 0) }),
    residual: (ops) => ({ residual: (_, x) => ops.scale(x, 0.5) }),
    level: (ops) => ({ level: (_, x) => ops.scale(x, 0.5) }),
    groupNorm: (ops) => ({
      groupNorm: (x, weight, bias, options) =>
        ops.scale(ops.groupNorm(x, weight, bias, options), 0.9),
    }),
  };
  for (const [name, make] of Object.entries(changes)) {
    assert(distance(await predict(make)) > 1e-3, name);
  }
});

Deno.test("sites are named as in the checkpoint, skips are numbered to the middle", async () => {
  const seen = { self: [] as string[], cross: [] as string[] };
  const skips: (number | "mid")[] = [];
  const note =
    (kind: "self" | "cross") => ({ kind: own, path }: AttentionSite) =>
      void (assertEquals(own, kind), seen[kind].push(path));
  await predict(() => ({
    self: (at, parts) => (note("self")(at), parts),
    cross: (at, _, text) => (note("cross")(at), text.attend()),
    residual: ({ index }, x) => (skips.push(index), x),
  }));
  assertEquals(seen.self.length, seen.cross.length);
  assert(seen.self.every((path) => path.endsWith(".attn1")));
  assert(seen.cross.every((path) => path.endsWith(".attn2")));
  const numbers = skips.filter((index) => index !== "mid");
  assertEquals(numbers.toSorted((a, b) => a - b), [...numbers.keys()]);
  assertEquals(skips.filter((index) => index === "mid").length, 1);
});

Deno.test("every skip and level is where the sites of features say", async () => {
  const { skips, levels } = featureSites(unet.config, size);
  const seen = { skips: [] as unknown[], levels: [] as unknown[] };
  await predict(() => ({
    residual: (at, x) => (seen.skips.push(at), x),
    level: (at, x) => (seen.levels.push(at), x),
  }));
  const place = ({ index, channels }: SkipSite) => `${index}: ${channels}`;
  assertEquals(
    (seen.skips as SkipSite[]).map(place).sort(),
    skips.map(place).sort(),
  );
  assertEquals(
    seen.levels,
    levels.map(({ level, channels }) => ({ level, channels })),
  );
});

Deno.test("of several adapters each acts on the result of the one before", () => {
  const times = (factor: number): Hooks<number> => ({
    cross: (_, __, text) => text.attend() * factor,
    around: (_, __, { result }) => result() + factor,
    afterSelf: (_, x) => x * 10 + factor,
  });
  const joined = joinHooks([
    { prefix: "two", hooks: times(2) },
    { prefix: "three", hooks: times(3) },
  ]);
  const at = {} as AttentionSite;
  const text = { k: 0, v: 0, attend: () => 5 };
  assertEquals(joined.cross!(at, 0, text), 30);
  const result = () => 5;
  const parts = { text, q: () => 0, project: (x: number) => x, result };
  assertEquals(joined.around!(at, 0, parts), 10);
  assertEquals(joined.afterSelf!(at, 1), 123);
  assertEquals(joined.residual, undefined);
  assertAlmostEquals(distance(plain), 0);
});
