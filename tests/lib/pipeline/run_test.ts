import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { box, LocRef, type Picture, type Scene, scene } from "../../../mod.ts";

const assets = fromFileUrl(
  new URL("../../../examples/assets", import.meta.url),
);
const model = await LocRef.load("pocket", { backend: "onnx" });
const native = model.nativeSize;
const run = { model, steps: 3, seed: 5 };

function twoObjects(): Scene {
  return scene(512, 512)
    .caption("a basketball and a star on a blue background")
    .place(join(assets, "basketball.png"), box.percent(5, 5, 45, 45))
    .place(join(assets, "star.png"), box.percent(50, 50, 95, 95));
}

/** Mean absolute difference of two pictures, inside a box of fractions and outside it. */
function changes(a: Picture, b: Picture, [x0, y0, x1, y1]: number[]) {
  const sums = { inside: 0, outside: 0 }, counts = { inside: 0, outside: 0 };
  const { width, height } = a;
  for (const [i, value] of a.data.entries()) {
    const pixel = i >> 2;
    const x = (pixel % width) / width, y = Math.floor(pixel / width) / height;
    const within = x >= x0! && x < x1! && y >= y0! && y < y1!;
    const place = within ? "inside" : "outside";
    sums[place] += Math.abs(value - b.data[i]!);
    counts[place]++;
  }
  const { inside, outside } = counts;
  return { inside: sums.inside / inside, outside: sums.outside / outside };
}

Deno.test("the same scene and seed give the same bytes, another seed others", async () => {
  const [a, b, c] = [
    await twoObjects().generate(run),
    await twoObjects().generate(run),
    await twoObjects().generate({ ...run, seed: 6 }),
  ];
  assertEquals(await a.encode(), await b.encode());
  assert(a.data.join() !== c.data.join());
});

Deno.test("boxes that are thin, stretched or hidden warn on the picture as on the preview", async () => {
  const star = join(assets, "star.png");
  const odd = scene(512, 512)
    .place(star, box.percent(10, 10, 11, 60))
    .place(star, box.percent(50, 10, 90, 50))
    .place(star, box.percent(49, 9, 91, 51));
  const { warnings } = await odd.generate(run);
  assertEquals(warnings, (await odd.preview({ model })).warnings);
  for (const part of ["no caption", "of a cell wide", "stretched", "behind"]) {
    assertEquals(warnings.filter((one) => one.includes(part)).length, 1, part);
  }
});

Deno.test("a matting model that nothing needs warns", async () => {
  const { warnings } = await twoObjects().generate({
    ...run,
    matting: "nope.onnx",
  });
  assertEquals(warnings, [
    'Matting model "nope.onnx" is not used: no reference is cut out by { cutout: "model" }',
  ]);
});

Deno.test("references that are shown whole on purpose do not warn of their background", async () => {
  const data = new Uint8Array(4 * 64).fill(255);
  const plain = scene(64, 64).caption("a star")
    .place({ width: 8, height: 8, data }, box.percent(10, 10, 90, 90));
  const { warnings } = await plain.generate({ ...run, fusion: { is: false } });
  assertEquals(warnings, []);
  assertEquals((await plain.generate(run)).warnings.length, 1);
});

Deno.test("a saved picture replays to the same pixels", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "picture.png");
    const picture = await twoObjects().generate(run);
    await picture.save(path);
    const { scene: saved, options } = await scene.fromImage(path);
    const again = await saved.generate({ ...options, model });
    assertEquals(again.data, picture.data);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "picture.png",
    ]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a picture of a sampler with options and two evaluations a step replays", async () => {
  const sampler = { name: "dpm++sde", sigmas: "karras" } as const;
  const steps: number[] = [];
  const run = twoObjects().steps({ model, steps: 3, seed: 5, sampler });
  let next = await run.next();
  while (!next.done) {
    steps.push(next.value.step);
    next = await run.next();
  }
  assertEquals(steps, [1, 2, 3]);
  const png = await next.value.encode();
  const { scene: saved, options } = await scene.fromImage(png);
  const again = await saved.generate({ ...options, model });
  assertEquals(again.data, next.value.data);
  assertEquals(again.provenance.sampler, sampler);
});

Deno.test("steps tell how far a run is and can show what it has in mind", async () => {
  const seen: number[] = [];
  let preview = 0;
  for await (const step of twoObjects().steps(run)) {
    seen.push(step.step);
    assertEquals(step.total, 3);
    if (step.step === 2) preview = (await step.preview()).width;
  }
  assertEquals(seen, [1, 2, 3]);
  assertEquals(preview, native.width);
});

Deno.test("an aborted run ends with the signal's reason before the next step", async () => {
  const controller = new AbortController();
  const steps = twoObjects().steps({ ...run, signal: controller.signal });
  await assertRejects(
    async () => {
      for await (const { step } of steps) {
        if (step === 1) controller.abort(new Error("Enough"));
        assert(step < 2);
      }
    },
    Error,
    "Enough",
  );
});

Deno.test("a run that is aborted in its last step ends before it is decoded", async () => {
  const controller = new AbortController();
  const picture = twoObjects().generate({
    ...{ ...run, signal: controller.signal },
    onStep: ({ step, total }) => {
      if (step === total) controller.abort(new Error("Enough"));
    },
  });
  await assertRejects(() => picture, Error, "Enough");
});

Deno.test("a reference of strength 0 with no composite leaves the picture to the caption", async () => {
  const fusion = { lambdaCi: 0 };
  const one = scene().caption("a star").place(
    join(assets, "star.png"),
    box.percent(10, 10, 90, 90),
    {
      scale: 0,
    },
  );
  const other = scene().caption("a star")
    .place(join(assets, "backpack.png"), box.percent(10, 10, 90, 90), {
      scale: 0,
    });
  const a = await one.generate({ ...run, fusion });
  const b = await other.generate({ ...run, fusion });
  assertEquals(a.data, b.data);
});

Deno.test("a reference that never acts within the run changes nothing", async () => {
  const fusion = { lambdaCi: 0 };
  const place = (name: string) =>
    scene().caption("a star").place(
      join(assets, name),
      box.percent(10, 10, 90, 90),
      {
        start: 0.9,
      },
    );
  const a = await place("star.png").generate({ ...run, fusion });
  const b = await place("backpack.png").generate({ ...run, fusion });
  assertEquals(a.data, b.data);
});

Deno.test("an instance's own seed changes its box more than the rest", async () => {
  const plain = await twoObjects().generate(run);
  const seeded = await twoObjects().change(1, { seed: 99 }).generate(run);
  const { inside, outside } = changes(plain, seeded, [0.5, 0.5, 0.95, 0.95]);
  assert(inside > outside, `${inside} inside, ${outside} outside`);
});

Deno.test("a caption of an instance changes the picture", async () => {
  const plain = await twoObjects().generate(run);
  const told = await twoObjects().change(0, { caption: "a green hat" })
    .generate(run);
  assert(plain.data.join() !== told.data.join());
});

Deno.test("a scene without instances is drawn from its caption", async () => {
  const picture = await scene().caption("a red apple").generate(run);
  const { width, height } = picture;
  assertEquals({ width, height }, native);
});

Deno.test("a wide scene is rendered at the widest size that the model was trained on", async () => {
  const picture = await scene(800, 400).caption("a cat").generate(run);
  assertEquals([picture.width, picture.height], [128, 72]);
});

Deno.test("a caption over the token limit is cut with a warning that quotes the rest", async () => {
  const picture = await scene().caption(`${"very ".repeat(46)}red apple`)
    .generate(run);
  assertEquals(picture.warnings.length, 1);
  assertStringIncludes(
    picture.warnings[0]!,
    "Caption is longer than 46 tokens",
  );
  assertStringIncludes(picture.warnings[0]!, "apple");
});

Deno.test("a missing reference is named before any step", async () => {
  const missing = scene().place("nowhere.png", box.percent(0, 0, 50, 50));
  await assertRejects(
    () => missing.generate(run),
    Error,
    'Instance 1 ("nowhere.png"): reference: no such file',
  );
});

Deno.test("sizes off the latent grid, seeds and steps out of range are refused", async () => {
  const bad = [
    [{ size: { width: 65, height: 64 } }, "multiples of 8 pixels"],
    [{ seed: -1 }, "Seed is -1"],
    [{ steps: 0 }, "Number of steps is 0"],
    [{ guidance: NaN }, "Guidance is NaN"],
    [{ layout: { tau: -1 } }, "Layout option tau is -1"],
  ] as const;
  for (const [options, sentence] of bad) {
    await assertRejects(
      () => scene().generate({ ...run, ...options }),
      RangeError,
      sentence,
    );
  }
});

Deno.test("backends agree on a picture to less than one level on average", async () => {
  const other = await LocRef.load("pocket", { backend: "wasm" });
  const [a, b] = [
    await twoObjects().generate(run),
    await twoObjects().generate({ ...run, model: other }),
  ];
  const sum = a.data.reduce(
    (total, value, i) => total + Math.abs(value - b.data[i]!),
    0,
  );
  assert(sum / a.data.length < 1, `mean difference ${sum / a.data.length}`);
  await other.dispose();
});

Deno.test("n pictures come as a list, with seeds that follow each other", async () => {
  const pictures: Picture[] = await twoObjects().generate({ ...run, n: 2 });
  assertEquals(pictures.map(({ provenance }) => provenance.seed), [5, 6]);
  const second = await twoObjects().generate({ ...run, seed: 6 });
  assertEquals(await pictures[1]!.encode(), await second.encode());
  const one = await scene().caption("a star").generate({ ...run, n: 1 });
  assertEquals(one.length, 1);
});

Deno.test("a random seed differs from run to run and makes its picture again", async () => {
  const begin = scene().caption("a star");
  const random = { ...run, seed: "random", steps: 1 } as const;
  const [a, b] = [await begin.generate(random), await begin.generate(random)];
  const { seed } = a.provenance;
  assert(Number.isSafeInteger(seed) && seed !== b.provenance.seed);
  const again = await begin.generate({ ...random, seed });
  assertEquals(again.data, a.data);
});

Deno.test("onStep is called after each step and waited for", async () => {
  const seen: string[] = [];
  const picture = await scene().caption("a star").generate({
    ...run,
    onStep: async ({ step, total, timestep, preview }) => {
      const { width } = await preview();
      seen.push(`${step} of ${total}, ${timestep > 0}, ${width}`);
    },
  });
  assertEquals(seen, [
    `1 of 3, true, ${native.width}`,
    `2 of 3, true, ${native.width}`,
    `3 of 3, true, ${native.width}`,
  ]);
  const plain = await scene().caption("a star").generate(run);
  assertEquals(picture.data, plain.data);
});

Deno.test("an error in onStep stops the run, and the model can be used on", async () => {
  let steps = 0;
  const one = scene().caption("a star");
  await assertRejects(
    () =>
      one.generate({
        ...run,
        onStep: () => {
          steps++;
          throw new Error("Enough");
        },
      }),
    Error,
    "Enough",
  );
  assertEquals(steps, 1);
  assertEquals((await one.generate(run)).width, native.width);
});

Deno.test("a picture knows that its shape or its size is not what was meant", async () => {
  const begin = scene(600, 500).caption("a star");
  const { warnings } = await begin.generate({ ...run, steps: 1 });
  const [first] = warnings;
  assertStringIncludes(first!, "Scene of 600 × 500 is rendered at 128 × 96");
  assertEquals((await begin.preview()).warnings[0], first);
});

Deno.test("a caption of words that the vocabulary lacks warns, a known one does not", async () => {
  const warnings = async (caption: string) =>
    (await scene().caption(caption).generate({ ...run, steps: 1 })).warnings;
  assertEquals(await warnings("a giraffe on a purple striped background"), []);
  assertEquals(await warnings(""), [
    "The scene has no caption, so the model is free to choose everything outside the boxes",
  ]);
  assertEquals(await warnings("eine rote Katze"), [
    'Caption is mostly of words that the model\'s vocabulary lacks ("eine", "rote", "katze"), so it will hardly act',
  ]);
});
