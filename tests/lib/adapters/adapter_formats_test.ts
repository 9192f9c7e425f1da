import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type {
  Adapter,
  AdapterFormat,
  AdapterSource,
  AdapterStep,
  PreparedAdapter,
} from "../../../lib/adapters/adapter.ts";
import { adapterFormats } from "../../../lib/adapters/adapter_formats.ts";
import { checkAdapterWeights } from "../../../lib/adapters/check_adapter.ts";
import { programsOf } from "../../../lib/adapters/adapter_programs.ts";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { loadedModel, LocRef } from "../../../lib/model/locref.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";

const root = fromFileUrl(new URL("../../../", import.meta.url));
const locref = join(root, "models/pocket/locref/locref.safetensors");
const reference = join(root, "examples/assets/star.png");
const one = scene(64, 64).caption("a star").place(
  reference,
  box.percent(20, 20, 80, 80),
);

/** What the test's adapter does in the next run. */
let act: Partial<PreparedAdapter> = {};
/** The steps that it was asked about. */
const asked: AdapterStep[] = [];

const graph = (weights: AdapterSource): AdapterGraph => ({
  prefix: "shift",
  acts: ["afterSelf", "residual"],
  weights,
  inputs: () => ({ gate: { kind: "float", shape: [1, 1, 1] } }),
  hooks: (ops, params, { gate }) => ({
    afterSelf: ({ width }, x) =>
      ops.add(x, ops.mul(params.get(`after.${width}`, [width]), gate!)),
    residual: ({ channels }, x) =>
      ops.add(
        x,
        ops.scale(
          ops.groupNorm(
            x,
            params.get(`norm.${channels}`, [channels]),
            params.get(`norm.${channels}`, [channels]),
            { groups: 1, eps: 1e-5 },
          ),
          0.1,
        ),
      ),
  }),
  text: {
    inputs: () => ({ louder: { kind: "float", shape: [1, 1, 1] } }),
    fuse: (ops, _, { louder }, tokens) => ops.mul(tokens, louder!),
  },
});

const shiftFormat: AdapterFormat = {
  name: "shift",
  matches: ({ metadata }) => metadata.format === "shift",
  open: (file) => {
    const adapter: Adapter = {
      kind: "shift",
      file: file.path,
      weights: file,
      reads: [],
      graph: () => graph(file),
      programs: () => [],
      check: (base) => checkAdapterWeights(adapter, base),
      prepare: () =>
        Promise.resolve({
          ...{ inputsAt: () => undefined, text: { louder: scalar(1) } },
          ...act,
        }),
    };
    return adapter;
  },
};
adapterFormats.add(shiftFormat);

function scalar(value: number) {
  return tensor([1, 1, 1], Float32Array.of(value));
}

const on = (gate: number): PreparedAdapter["inputsAt"] => {
  const value = { gate: scalar(gate) };
  return (step) => (asked.push(step), value);
};

/** A file of the test's adapter for the pocket model's widths, every value the same. */
async function shiftFile(folder: string, name: string, norm: number) {
  const base = loadedModel(await pocket()).parts.base;
  const { sites, skips } = base.places({ height: 16, width: 16 });
  const filled = (width: number, value: number) => ({
    shape: [width],
    data: new Float32Array(width).fill(value),
  });
  const path = join(folder, `${name}.safetensors`);
  await writeSafetensors(
    path,
    new Map([
      ...sites.map(({ width }) =>
        [`after.${width}`, filled(width, 1)] as const
      ),
      ...skips.map(({ channels }) =>
        [`norm.${channels}`, filled(channels, norm)] as const
      ),
    ]),
    { metadata: { format: "shift" } },
  );
  return path;
}

let loaded: LocRef | undefined;
const pocket = async () =>
  loaded ??= await LocRef.load("pocket", { backend: "onnx" });

async function pixels(model: LocRef, more: Partial<PreparedAdapter> = {}) {
  act = more;
  return (await one.generate({ model, seed: 1, steps: 2 })).data;
}

Deno.test("adapters beside LocRef act with weights, inputs, text and guidance of their own", async (t) => {
  const folder = await Deno.makeTempDir();
  try {
    const plain = await pixels(await pocket());
    const still = await shiftFile(folder, "still", 0);
    const moving = await shiftFile(folder, "moving", 1);
    await using quiet = await LocRef.load("pocket", {
      backend: "onnx",
      adapter: [locref, still],
    });
    await using loud = await LocRef.load("pocket", {
      backend: "onnx",
      adapter: [locref, moving],
    });
    await t.step(
      "a step without an adapter runs the program without it",
      async () => {
        assertEquals(await pixels(loud), plain);
      },
    );
    await t.step(
      "inputs and weights of nothing leave the picture as it is",
      async () => {
        assertEquals(await pixels(quiet, { inputsAt: on(0) }), plain);
      },
    );
    await t.step("inputs act", async () => {
      const changed = await pixels(quiet, { inputsAt: on(1) });
      assert(changed.some((value, i) => value !== plain[i]));
    });
    await t.step("weights act", async () => {
      const changed = await pixels(loud, { inputsAt: on(0) });
      assert(changed.some((value, i) => value !== plain[i]));
    });
    await t.step(
      "an adapter acts in the steps for which it has inputs",
      async () => {
        const first = await pixels(loud, {
          inputsAt: (at) => at.step === 0 ? on(0)(at) : undefined,
        });
        const all = await pixels(loud, { inputsAt: on(0) });
        assert(first.some((value, i) => value !== plain[i]));
        assert(first.some((value, i) => value !== all[i]));
      },
    );
    await t.step("the text hook acts on the steps of its adapter", async () => {
      const text = { louder: scalar(0) };
      const changed = await pixels(quiet, { inputsAt: on(0), text });
      assert(changed.some((value, i) => value !== plain[i]));
      assertEquals(await pixels(quiet, { text }), plain);
    });
    await t.step(
      "guidance moves the latents, whatever the sampler",
      async () => {
        const sampled = async (
          sampler: "ddim" | "euler",
          by: number,
        ) => {
          act = {
            guide: ({ shape, ...x }) =>
              Promise.resolve(
                tensor(shape, floats({ shape, ...x }).map((v) => v * by)),
              ),
          };
          const options = { model: quiet, seed: 1, steps: 2, sampler };
          return (await one.generate(options)).data;
        };
        for (const sampler of ["ddim", "euler"] as const) {
          act = {};
          const options = { model: quiet, seed: 1, steps: 2, sampler };
          const without = (await one.generate(options)).data;
          assertEquals(await sampled(sampler, 1), without);
          const moved = await sampled(sampler, 0.8);
          assert(moved.some((value, i) => value !== without[i]), sampler);
        }
      },
    );
    await t.step(
      "a step says where it is and what the denoiser reads",
      async () => {
        asked.length = 0;
        await pixels(quiet, { inputsAt: on(0) });
        assertEquals(asked.map(({ step, total }) => [step, total]), [[0, 2], [
          1,
          2,
        ]]);
        assertEquals(asked[0]!.sample.shape, [2, 16, 16, 16]);
        assertEquals(asked[0]!.given.time!.shape[0], 2);
      },
    );
    await t.step("several of one kind have names of their own", () => {
      const { base, adapters } = loadedModel(quiet).parts;
      const twice = [adapters[0]!, adapters[0]!];
      const size = { height: 16, width: 16 };
      const names = programsOf(twice, base, size).map(({ name, program }) => [
        name,
        program().name,
      ]);
      assertEquals(names.length, new Set(names.map(([name]) => name)).size);
      assertEquals(names.length, new Set(names.map(([, name]) => name)).size);
    });
    await t.step("a weight that hooks lack is named at load", async () => {
      const path = join(folder, "lacking.safetensors");
      const weight = { shape: [3], data: new Float32Array(3) };
      await writeSafetensors(path, new Map([["after.3", weight]]), {
        metadata: { format: "shift" },
      });
      const error = await assertRejects(
        () =>
          LocRef.load("pocket", { adapter: [locref, path], backend: "onnx" }),
        LocRefError,
      );
      assert(error.message.includes("norm."), error.message);
      assert(error.message.includes(path), error.message);
    });
  } finally {
    await loaded?.dispose();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("two LocRef adapters are refused naming both", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const copy = join(folder, "copy.safetensors");
    await Deno.copyFile(locref, copy);
    const error = await assertRejects(
      () => LocRef.load("pocket", { adapter: [locref, copy], backend: "onnx" }),
      LocRefError,
    );
    for (const word of [locref, copy, "cross-attention"]) {
      assert(error.message.includes(word), error.message);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an adapter format of a taken name, or that is none, is refused", () => {
  assertThrows(
    () => adapterFormats.add(shiftFormat),
    TypeError,
    'Adapter format "shift" exists already',
  );
  assertThrows(
    () => adapterFormats.add({ name: "half" } as AdapterFormat),
    TypeError,
    "Option matches of adapterFormats.add must be a function",
  );
});

Deno.test("an adapter that is neither a path nor a list of paths is refused", async () => {
  for (const adapter of [7, [locref, 7], [""], ""]) {
    await assertRejects(
      () => LocRef.load("pocket", { adapter } as { adapter: string }),
      Error,
      "adapter",
    );
  }
});
