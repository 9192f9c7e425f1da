import { assert, assertEquals } from "@std/assert";
import { LocRef } from "../../../lib/model/locref.ts";
import { parseProvenance } from "../../../lib/pipeline/provenance/parse_provenance.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { Scene } from "../../../lib/scene/scene.ts";

const model = await LocRef.load("pocket", { backend: "onnx" });
const made = await scene(64).caption("a star").generate({
  model,
  seed: 9,
  steps: 2,
  guidance: 1,
  fusion: { tau: 0.5 },
});
const png = await made.encode();

Deno.test("a saved picture comes as its scene and the options it was made with", async () => {
  const { scene: saved, options } = await scene.fromImage(png);
  assertEquals(saved.toJSON(), made.provenance.scene);
  const { seed, steps, guidance, fusion, size } = options;
  assertEquals({ seed, steps, guidance, fusion, size }, {
    ...{ seed: 9, steps: 2, guidance: 1, fusion: { tau: 0.5 } },
    size: model.nativeSize,
  });
  const again = await saved.generate({ ...options, model });
  assertEquals(again.data, made.data);
});

Deno.test("no option rides along with the scene of a saved picture", async () => {
  const { scene: saved } = await scene.fromImage(png);
  const plain = await saved.caption("a star").generate({ model, steps: 2 });
  assertEquals(plain.provenance.seed, 0);
  assertEquals(plain.provenance.guidance, model.defaults.guidance);
});

Deno.test("the form of version 0.1 still makes the same picture, with a warning once", async () => {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => said.push(text);
  try {
    const old = await scene.fromImage(png);
    assert(old instanceof Scene);
    assertEquals((await old.generate({ model })).data, made.data);
    const other = await old.caption("a star").generate({ model, seed: 4 });
    assertEquals(other.provenance.seed, 4);
    assertEquals(other.provenance.steps, 2);
    assert(other.data.some((value, i) => value !== made.data[i]));
    assertEquals((await old.steps({ model }).picture).data, made.data);
  } finally {
    console.warn = warn;
  }
  assertEquals(said.map((one) => one.split(" is called ")[0]), [
    "Warning: (await scene.fromImage(png)).generate(options)",
    "Warning: (await scene.fromImage(png)).steps(options)",
  ]);
});

Deno.test("provenance of version 0.1, whose fusion is called layout, is read", () => {
  const { fusion, ...rest } = made.provenance;
  const text = JSON.stringify({ ...rest, layout: fusion });
  assertEquals(parseProvenance(text, "Picture"), made.provenance);
});

Deno.test("the option layout is fusion, with a warning once", async () => {
  const said: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => said.push(text);
  const options = { model, seed: 9, steps: 2, guidance: 1 };
  const layout = { tau: 0.5 };
  try {
    for (let i = 0; i < 2; i++) {
      const old = await scene(64).caption("a star")
        .generate({ ...options, layout });
      assertEquals(old.data, made.data);
      assertEquals(old.provenance.fusion, layout);
    }
    assertEquals(model.layout, model.fusion);
  } finally {
    console.warn = warn;
  }
  assertEquals(said, [
    "Warning: Option layout of generate is called fusion since version 0.2, and the old name goes with 1.0",
    "Warning: model.layout is called model.fusion since version 0.2, and the old name goes with 1.0",
  ]);
});

Deno.test("steps say how many there are, under the old name too", async () => {
  const run = scene(64).caption("a star").steps({ model, steps: 2 });
  const { warn } = console;
  console.warn = () => {};
  try {
    for await (const { step, total, of } of run) {
      assert(step <= 2);
      assertEquals([total, of], [2, 2]);
    }
  } finally {
    console.warn = warn;
  }
});
