import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { tensor } from "../../../../lib/core/tensor.ts";
import { fromFileUrl, join } from "@std/path";
import { openBase } from "../../../../lib/bases/bases.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import type { GenerateOptions } from "../../../../lib/model/generate_options.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import type { Scene } from "../../../../lib/scene/scene.ts";
import { linkedModel } from "../linked_model.ts";

const tiny = fromFileUrl(
  new URL("../../../goldens/sdxl-tiny", import.meta.url),
);
const apple = scene().caption("a red apple on a table");
const few = { steps: 1 };

async function withModel(
  run: (model: LocRef) => Promise<void>,
  files: Parameters<typeof linkedModel>[1] = {},
): Promise<void> {
  await using folder = await linkedModel(tiny, files);
  await using model = await LocRef.load(folder.path, { backend: "onnx" });
  await run(model);
}

async function pixels(
  one: Scene,
  options: GenerateOptions,
): Promise<string> {
  return (await one.generate({ ...few, ...options })).data.join();
}

Deno.test("a folder of SDXL makes a picture of its own size, by its own sampler", async () => {
  await withModel(async (model) => {
    assertEquals(model.defaults, { guidance: 5, steps: 30 });
    const picture = await apple.generate({ ...few, model });
    assertEquals([picture.width, picture.height], [128, 128]);
    assertEquals(picture.provenance.sampler, "euler");
    assertEquals(picture.provenance.guidance, 5);
    const files = Object.keys(picture.provenance.model.files);
    assert(files.some((name) => name.startsWith("text_encoder_2")), `${files}`);
  });
});

Deno.test("second captions, layers left out, sizes and rescaled guidance each change the picture", async () => {
  await withModel(async (model) => {
    const given: GenerateOptions[] = [
      {},
      { captionTwo: "oil painting" },
      { negativeTwo: "photo" },
      { emptyNegative: "text" },
      { clipSkip: 1 },
      { guidanceRescale: 0.7 },
      { sizes: { original: { width: 96, height: 64 } } },
      { sizes: { crop: { left: 24, top: 8 } } },
      { sizes: { target: { width: 64, height: 128 } } },
      { sizes: { negative: { original: { width: 64, height: 64 } } } },
    ];
    const seen = new Set<string>();
    for (const options of given) {
      seen.add(await pixels(apple, { model, ...options }));
    }
    assertEquals(seen.size, given.length);
  });
});

Deno.test("sizes of the picture itself are the default", async () => {
  await withModel(async (model) => {
    const size = { width: 128, height: 128 };
    const crop = { left: 0, top: 0 };
    const sizes = { original: size, crop, target: size };
    assertEquals(
      await pixels(apple, { model, sizes: { ...sizes, negative: sizes } }),
      await pixels(apple, { model }),
    );
  });
});

Deno.test("an empty negative caption is encoded where the model's files say so", async () => {
  const { default: index } = await import(
    "../../../goldens/sdxl-tiny/model_index.json",
    { with: { type: "json" } }
  );
  let encoded = "";
  await withModel(async (model) => {
    encoded = await pixels(apple, { model, emptyNegative: "text" });
  });
  const files = {
    "model_index.json": { ...index, force_zeros_for_empty_prompt: false },
  };
  await withModel(async (model) => {
    assertEquals(await pixels(apple, { model }), encoded);
    await assertRejects(
      () => apple.generate({ ...few, model, emptyNegative: "zeros" }),
      TypeError,
      "Option emptyNegative",
    );
  }, files);
});

Deno.test("a saved picture of SDXL is made again to the pixel", async () => {
  await withModel(async (model) => {
    const options: GenerateOptions = {
      ...{ captionTwo: "oil painting", negativeTwo: "photo", clipSkip: 1 },
      sizes: { original: { width: 96, height: 64 } },
      guidanceRescale: 0.5,
    };
    const made = await apple.negative("blurry")
      .generate({ ...few, model, ...options });
    const png = await made.encode({ format: "png" });
    const saved = await scene.fromImage(png);
    for (const [key, value] of Object.entries(options)) {
      assertEquals(saved.options[key as keyof typeof saved.options], value);
    }
    const again = await saved.scene.generate({ ...saved.options, model });
    assertEquals(again.data, made.data);
  });
});

Deno.test("more layers than the encoders can do without are refused", async () => {
  await withModel(async (model) => {
    await assertRejects(
      () => apple.generate({ ...few, model, clipSkip: 50 }),
      RangeError,
      "Option clipSkip is 50",
    );
  });
});

Deno.test("guidance of 1 or less costs one forward and leaves the negative caption aside", async () => {
  await withModel(async (model) => {
    const plain = await pixels(apple, { model, guidance: 1 });
    assertEquals(
      await pixels(apple.negative("blurry"), { model, guidance: 0 }),
      plain,
    );
    assert(await pixels(apple, { model, guidance: 2 }) !== plain);
  });
});

Deno.test("programs that run once a scene have their own names, so that they are found again, exported, and freed", async () => {
  const base = await openBase(tiny);
  const size = { height: 16, width: 16 };
  const names = (clipSkip?: number) =>
    base.programs({ size, clipSkip })
      .filter(({ onceAScene }) => onceAScene)
      .map(({ program }) => program().name);
  assertEquals(names(), [
    ...["text_encoder", "text_encoder_2", "text_key_value"],
  ]);
  assertEquals(names(1), [
    ...["text_encoder_skip1", "text_encoder_2_skip1", "text_key_value"],
  ]);
});

Deno.test("parts that do not fit each other are refused by name before anything is loaded", async () => {
  const config = JSON.parse(
    await Deno.readTextFile(join(tiny, "text_encoder_2", "config.json")),
  );
  await assertRejects(
    () =>
      withModel(() => Promise.resolve(), {
        "text_encoder_2/config.json": { ...config, projection_dim: 41 },
      }),
    LocRefError,
    "text_encoder_2",
  );
});

Deno.test("the refiner is refused by name", async () => {
  const { default: index } = await import(
    "../../../goldens/sdxl-tiny/model_index.json",
    { with: { type: "json" } }
  );
  await assertRejects(
    () =>
      withModel(() => Promise.resolve(), {
        "model_index.json": { ...index, requires_aesthetics_score: true },
      }),
    LocRefError,
    "a refiner is no base",
  );
});

Deno.test("rows that train have the inputs that a step of a run has, with times and sizes of their own", async () => {
  const base = await openBase(tiny);
  const vector = (row: number) =>
    Float32Array.from({ length: 40 }, (_, i) => Math.sin(i + row));
  const rows = [
    { width: 96, height: 64, left: 8, top: 4, t: 7 },
    { width: 300, height: 128, left: 0, top: 12, t: 990 },
  ].map(({ t, left, top, ...original }) => ({
    t,
    ...{ original, crop: { left, top }, target: { width: 32, height: 48 } },
  }));
  const inputs = base.denoiser.rowInputs({
    timesteps: rows.map(({ t }) => t),
    pooled: tensor([2, 40], new Float32Array([...vector(0), ...vector(1)])),
    sizes: rows,
  });
  for (const [i, { t, ...sizes }] of rows.entries()) {
    const pooled = tensor([1, 40], vector(i));
    const text = { tokens: tensor([1, 1, 80], new Float32Array(80)), pooled };
    const step = base.stepInputs({ ...text, cuts: [undefined] }, {
      ...{ size: { width: 32, height: 48 }, guidance: 1, sizes },
    })([t]);
    assertEquals(Object.keys(inputs).sort(), Object.keys(step).sort());
    for (const [name, { data }] of Object.entries(step)) {
      const own = inputs[name]!.data;
      const width = own.length / 2;
      assertEquals(own.slice(i * width, (i + 1) * width), data, name);
    }
  }
  assertThrows(
    () => base.denoiser.rowInputs({ timesteps: [1] }),
    RangeError,
    "no pooled text",
  );
});
