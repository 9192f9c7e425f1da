import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { encodeImage } from "../../../lib/images/encode.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { parseProvenance } from "../../../lib/pipeline/provenance/parse_provenance.ts";
import type { SaveOptions } from "../../../lib/pipeline/options/save_options.ts";
import type { Picture } from "../../../lib/pipeline/picture.ts";
import { provenanceKeyword } from "../../../lib/pipeline/provenance/provenance.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import type { SavedRun } from "../../../lib/scene/saved_scene.ts";
import { box } from "../../../lib/scene_data/box.ts";
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

/** Two instances, saved and read again. */
async function savedPair(options: SaveOptions = {}) {
  const pair = await scene(64).caption("a star and a backpack")
    .place("examples/assets/star.png", box.percent(5, 10, 45, 50))
    .place("examples/assets/backpack.png", box.percent(55, 50, 95, 95))
    .generate({ model, seed: 3, steps: 2 });
  const file = await pair.encode({ provenance: "full", ...options });
  return { pair, saved: await scene.fromImage(file, { root: "examples" }) };
}

Deno.test("a saved picture is painted on as one just made, and made again", async () => {
  const { pair, saved } = await savedPair();
  const runs: [SavedRun, Picture][] = [
    [
      await saved.again("star", { seed: 9, caption: "a red star" }),
      await pair.again("star", { seed: 9, caption: "a red star" }),
    ],
    [
      await saved.again(1, { box: box.percent(55, 10, 90, 50) }),
      await pair.again(1, { box: box.percent(55, 10, 90, 50) }),
    ],
    [
      await saved.without(0, { feather: 1 }),
      await pair.without(0, {
        feather: 1,
      }),
    ],
  ];
  for (const [{ scene: other, options }, same] of runs) {
    const painted = await other.generate({ ...options, model });
    assertEquals(painted.data, same.data);
    const bytes = await painted.encode({ provenance: "full" });
    const replay = await scene.fromImage(bytes, { root: "examples" });
    const later = await replay.scene.generate({ ...replay.options, model });
    assertEquals(later.data, painted.data);
  }
});

Deno.test("a saved picture whose pixels were changed keeps the changed ones outside of the box", async () => {
  const { pair } = await savedPair();
  const other = pair.data.slice();
  other.fill(255, other.length - 4 * 64);
  const text = { [provenanceKeyword]: JSON.stringify(pair.provenance) };
  const file = await encodeImage(
    { width: pair.width, height: pair.height, data: other },
    { format: "png", text },
  );
  const saved = await scene.fromImage(file, { root: "examples" });
  const { scene: painting, options } = await saved.again(0, { seed: 9 });
  const painted = await painting.generate({ ...options, model });
  assertEquals(painted.data.slice(-4 * 64), other.slice(-4 * 64));
});

Deno.test("an enlarged picture is made again before it is painted on, and says so", async () => {
  const { pair, saved } = await savedPair({ scale: 2 });
  const { scene: other, options } = await saved.again(0, { seed: 9 });
  const painted = await other.generate({ ...options, model });
  assertEquals(painted.data, (await pair.again(0, { seed: 9 })).data);
  assert(
    painted.warnings.some((one) =>
      one.includes("was enlarged when it was saved: the picture of 128 × 128")
    ),
    painted.warnings.join("\n"),
  );
});

Deno.test("references of a saved picture are read from its folders alone when it is painted on", async () => {
  const [home, other] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    const star = `${other}/star.png`;
    await Deno.copyFile("examples/assets/star.png", star);
    const pair = await scene(64).caption("a star and a backpack")
      .place(star, box.percent(5, 10, 45, 50))
      .place("examples/assets/backpack.png", box.percent(55, 50, 95, 95))
      .generate({ model, seed: 3, steps: 1 });
    const file = await pair.encode({ provenance: "full" });
    const saved = await scene.fromImage(file, { root: home });
    const moved = await saved.again(1, { seed: 4 });
    await assertRejects(
      () => moved.scene.generate({ ...moved.options, model }),
      LocRefError,
      'star.png"): reference lies outside',
    );
    // what the program names itself may lie anywhere
    const given = await saved.again(0, { reference: `file://${star}` });
    const painted = await given.scene.generate({ ...given.options, model });
    assertEquals(painted.provenance.scene.instances.length, 2);
  } finally {
    for (const dir of [home, other]) {
      await Deno.remove(dir, { recursive: true });
    }
  }
});

Deno.test("a changed scene has no picture to paint on", async () => {
  const { saved } = await savedPair();
  const changed = saved.caption("a dog") as typeof saved;
  await assertRejects(
    () => changed.again(0),
    TypeError,
    "has no picture to paint on",
  );
  await assertRejects(() => saved.again(7), RangeError, "no instance 7");
});
