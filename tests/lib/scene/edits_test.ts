import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { box, LocRef, scene } from "../../../mod.ts";
import { blankRaster, type Raster } from "../../../lib/images/raster.ts";

const model = await LocRef.load();
const one = scene().caption("a star")
  .place("examples/assets/star.png", box.percent(20, 20, 70, 70));
const photo = blankRaster(96, 64, [40, 90, 160, 255]);

/** A mask of the photograph's size, white from `column` on. */
function maskFrom(column: number, size: Raster = photo): Raster {
  const mask = blankRaster(size.width, size.height, [0, 0, 0, 255]);
  for (let i = 0; i < size.width * size.height; i++) {
    if (i % size.width >= column) mask.data.fill(255, 4 * i, 4 * i + 3);
  }
  return mask;
}

Deno.test("a scene on a picture is plain data, and its JSON gives the same picture", async () => {
  const begun = one.init(photo, { strength: 0.5, seed: 4 });
  const { init } = begun.toJSON();
  assertEquals(init!.strength, 0.5);
  assertEquals(init!.seed, 4);
  const copy = scene.from(JSON.parse(JSON.stringify(begun)));
  const a = await begun.generate({ model, steps: 2 });
  const b = await copy.generate({ model, steps: 2 });
  const c = await one.generate({
    ...{ model, steps: 2, init: { image: photo, strength: 0.5, seed: 4 } },
  });
  assertEquals(a.data, b.data);
  assertEquals(a.data, c.data);
  assert(a.width > a.height);
});

Deno.test("less strength leaves more of the picture", async () => {
  const far = async (strength: number) => {
    const made = await one.generate({
      ...{ model, steps: 10, init: { image: photo, strength } },
    });
    let sum = 0;
    for (let i = 0; i < made.data.length; i++) {
      sum += Math.abs(made.data[i]! - [40, 90, 160, 255][i % 4]!);
    }
    return sum / made.data.length;
  };
  assert(await far(0.2) < await far(1));
});

Deno.test("what the mask keeps is the photograph's own, at its own size", async () => {
  const big = blankRaster(150, 100, [40, 90, 160, 255]);
  for (const padding of [undefined, 4]) {
    const made = await one.generate({
      ...{ model, steps: 2 },
      inpaint: { image: big, mask: maskFrom(100, big), padding },
    });
    assertEquals([made.width, made.height], [150, 100]);
    let painted = 0;
    for (let i = 0; i < 150 * 100; i++) {
      const pixel = [...made.data.subarray(4 * i, 4 * i + 4)];
      if (i % 150 < 100) assertEquals(pixel, [40, 90, 160, 255]);
      else if (pixel.join() !== "40,90,160,255") painted++;
    }
    assert(painted > 4000);
  }
});

Deno.test("references stand in a photograph, and the rest of it stays", async () => {
  const made = await one.on(photo, { harmonize: 0.5 })
    .generate({ model, steps: 2 });
  assertEquals([made.width, made.height], [96, 64]);
  assertEquals([...made.data.subarray(0, 4)], [40, 90, 160, 255]);
  const middle = 4 * (29 * 96 + 43);
  assert([...made.data.subarray(middle, middle + 3)].join() !== "40,90,160");
});

Deno.test("pictures and masks that do not fit are refused before the first step", async () => {
  const small = blankRaster(48, 32, [0, 0, 0, 255]);
  const black = blankRaster(96, 64, [0, 0, 0, 255]);
  const white = blankRaster(96, 64, [255, 255, 255, 255]);
  const inpaint = (mask: Raster) => ({ inpaint: { image: photo, mask } });
  const wrong: [Parameters<typeof one.generate>[0], string][] = [
    [inpaint(maskFrom(9, small)), "48 × 32 pixels, and the picture that it"],
    [inpaint(black), "is empty: what is painted anew must be white"],
    [inpaint(white), "is full: what is kept must be black"],
    [{ init: { image: photo, strength: 1.5 } }, "above 0, up to 1"],
    [{ init: { image: "missing.png" } }, "missing.png"],
    [{ inpaint: { image: photo, instance: 3 } }, "There is no instance 3"],
    [{ inpaint: { image: photo } }, "name nothing that is painted anew"],
    [{ inpaint: { image: photo, instance: [] } }, "give mask or instance"],
    [{ init: { image: photo }, inpaint: { image: photo } }, "both begin"],
    [{ init: { picture: photo } as never }, '"image"'],
    [
      { controls: [{ model: "./missing", image: photo }] },
      'Control 1 ("./missing") does not exist',
    ],
    [
      { controls: [{ model: "./missing", image: photo, weight: 1 } as never] },
      '"scale"',
    ],
  ];
  for (const [options, message] of wrong) {
    await assertRejects(
      () => one.generate({ ...options, model, steps: 1 }),
      Error,
      message,
    );
  }
});

Deno.test("a scene of another shape than its picture is refused", async () => {
  const square = scene(512, 512).caption("a star");
  await assertRejects(
    () => square.init(photo).generate({ model, steps: 1 }),
    Error,
    "has 96 × 64 pixels, and the scene is 512 × 512",
  );
});

Deno.test("JSON with an edit that is wrong names the key", () => {
  const wrong: [object, string][] = [
    [{ init: { strength: 0.5 } }, 'init lacks "image"'],
    [{ init: { image: "a.png", strength: 2 } }, "strength must be"],
    [{ init: { image: "a.png", mask_image: "b.png" } }, '"mask"'],
    [
      { init: { image: "a.png", feather: 4 } },
      "feather is 4, which goes around a mask, and there is none",
    ],
    [{ init: { image: "a.png", mask: "" } }, "init.mask must be a path"],
    [{ init: { image: "a.png", boxes: [] } }, "boxes holds no box"],
    [
      { init: { image: "a.png", boxes: [{ x0: 0.5, y0: 0, x1: 0.2, y1: 1 }] } },
      "boxes[0]: box [0.5, 0, 0.2, 1] is empty",
    ],
    [
      { init: { image: "a.png", boxes: [{ x0: 0, y0: 0, x1: 2, y1: 1 }] } },
      "boxes[0]: box [0, 0, 2, 1] leaves the canvas",
    ],
    [{ controls: [{ model: "m" }] }, '[0] lacks "image"'],
    [{ controls: [{ model: "m", image: "i", weight: 1 }] }, '"scale"'],
    [{ controls: [{ model: "m", image: "i", start: 1 }] }, "start must be"],
  ];
  for (const [json, message] of wrong) {
    assertThrows(() => scene.from(json), Error, message);
  }
});

Deno.test("a negative caption of an instance acts in its box", async () => {
  const captioned = one.change(0, { caption: "a star" });
  const plain = await captioned.generate({ model, steps: 2 });
  const without = await captioned
    .change(0, { negativeCaption: "a red basketball" })
    .generate({ model, steps: 2 });
  assert(plain.data.some((value, i) => value !== without.data[i]));
  assertEquals(
    without.provenance.scene.instances[0]!.negativeCaption,
    "a red basketball",
  );
});

Deno.test("messages about a method's options name the method once", () => {
  const wrong: [() => unknown, string][] = [
    [
      () => one.init(photo, { strenght: 0.5 } as never),
      'Option "strenght" of init is not known, did you mean "strength"?',
    ],
    ...["mask", "mask_image", "feather", "mask_blur", "padding", "instance"]
      .map((name): [() => unknown, string] => [
        () => one.init(photo, { [name]: 1 } as never),
        `Option "${name}" of init does not exist here, use inpaint, which paints a part of the picture`,
      ]),
    [
      () => one.init(photo, { denoising_strength: 0.5 } as never),
      'Option "denoising_strength" of init is called "strength" here',
    ],
    [
      () => one.inpaint(photo, { instance: "star" } as never),
      "Option instance of inpaint must be",
    ],
    [
      () => one.control("a", photo, { scal: 1 } as never),
      'Option "scal" of control[0] is not known',
    ],
  ];
  for (const [run, message] of wrong) assertThrows(run, TypeError, message);
});

Deno.test("a picture of a further control that is none is named by the control's number", () => {
  const one = scene().caption("a cat").control("first", "a.png");
  assertThrows(
    () => one.control("second", { width: 1 } as unknown as string),
    Error,
    'Control 2 ("second"): picture',
  );
});
