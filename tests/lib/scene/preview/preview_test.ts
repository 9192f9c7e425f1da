import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import { decodeImage } from "../../../../lib/images/decode.ts";
import { encodeImage } from "../../../../lib/images/encode.ts";
import {
  breakLines,
  fitText,
  textWidth,
} from "../../../../lib/images/drawing/lettering.ts";
import { glyph } from "../../../../lib/images/drawing/glyphs.ts";
import { maskPicture } from "../../../../lib/images/drawing/mask_picture.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";

const red = await encodeImage(blankRaster(8, 8, [255, 0, 0, 255]));
const cut = await encodeImage(blankRaster(8, 8, [255, 0, 0, 128]));

Deno.test("a preview shows the composite and masks at every resolution of the model", async () => {
  const preview = await scene(512, 512).caption("red").place(
    cut,
    box.xyxy(0, 0, 256, 512),
  )
    .preview({ model: "sd15" });
  assertEquals(preview.masks.map(({ size }) => [size.height, size.width]), [
    [64, 64],
    [32, 32],
    [16, 16],
    [8, 8],
  ]);
  const { masks } = preview.masks[3]!;
  assertEquals([...masks[0]!.subarray(0, 8)], [1, 1, 1, 1, 0, 0, 0, 0]);
  const { composite } = preview;
  assertEquals([composite.width, composite.height], [512, 512]);
  assertEquals([...composite.data.subarray(0, 4)], [128, 0, 0, 255]);
  assertEquals(preview.warnings, []);
});

Deno.test("a preview has the scene's aspect ratio", async () => {
  const preview = await scene(600, 300).preview({ model: "sd15" });
  assert(preview.composite.width > 1.7 * preview.composite.height);
  const { size } = preview.masks[0]!;
  assert(size.width > 1.7 * size.height);
});

Deno.test("a preview warns of what will hardly be seen", async () => {
  const { warnings } = await scene(512, 512)
    .place(red, box.xyxy(0, 0, 10, 256), { cutout: "none" })
    .place(red, box.xyxy(100, 100, 200, 200))
    .place(cut, box.xyxy(90, 90, 210, 210))
    .preview({ model: "sd15" });
  const all = warnings.join("\n");
  assertMatch(all, /The scene has no caption/);
  assertMatch(
    all,
    /Instance 1 .*: box is only 0.31 of a cell wide at 16 × 16 cells/,
  );
  assertMatch(
    all,
    /Instance 1 .*: box is 25.6 times as high as its reference's shape/,
  );
  assertMatch(all, /Instance 2 .*: reference has no transparency/);
  assertMatch(all, /Instance 2 .*: 100 % of its box lie behind instance 3/);
  assert(!/Instance 1 .*transparency/.test(all));
});

Deno.test("a preview of the pocket model needs no weights and saves as a picture", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "sheet.png");
    const preview = await scene().place(cut, box.fraction(0, 0, 1, 1), {
      caption: "a box",
    }).preview();
    await preview.save(path);
    const sheet = await decodeImage(path);
    assert(sheet.width > 600 && sheet.height > 500);
    for (const shown of [preview, preview.masks[0]!]) {
      const display =
        (shown as unknown as Record<symbol, () => Promise<unknown>>)[
          Symbol.for("Jupyter.display")
        ]!;
      const media = await display.call(shown);
      assertEquals(Object.keys(media as object), ["image/jpeg"]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a preview names the instance whose reference is missing", async () => {
  await assertRejects(
    () => scene().place("nowhere.png", box.fraction(0, 0, 1, 1)).preview(),
    LocRefError,
    'Instance 1 ("nowhere.png"): reference: no such file',
  );
});

Deno.test("every printable ASCII character has a glyph, accents are left off", () => {
  const unknown = glyph("猫");
  for (let code = 32; code < 127; code++) {
    const character = String.fromCharCode(code);
    assert(glyph(character) !== unknown, character);
  }
  assertEquals(textWidth("é", 10), textWidth("e", 10));
  assertEquals(glyph("犬"), unknown);
});

Deno.test("a text that is too long is cut to its place", () => {
  const words = "a four leaf clover and more";
  assertEquals(fitText(words, 14, 1000), words);
  const cut = fitText(words, 14, 80);
  assert(cut.endsWith("…") && textWidth(cut, 14) <= 80 && cut.length > 5);
});

Deno.test("texts of any length are lettered in no time, as much of them as there is room for", () => {
  const word = "word ".repeat(2_000_000);
  const one = "x".repeat(10_000_000);
  const start = performance.now();
  for (const text of [word, one, "猫".repeat(1_000_000), "𝒜".repeat(9_999)]) {
    const cut = fitText(text, 14, 300);
    assert(cut.endsWith("…") && textWidth(cut, 14) <= 300);
    const lines = breakLines(text, 14, 300, 3);
    assertEquals(lines.length, 3);
    assert(lines.every((line) => textWidth(line, 14) <= 300));
    assert(lines[2]!.endsWith("…") && !lines[1]!.endsWith("…"));
    assert(lines.every((line) => line.isWellFormed()));
  }
  assert(performance.now() - start < 20_000);
});

Deno.test("broken lines are the text again, whole words where they fit", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme-ascii", minLength: 1 }), {
        maxLength: 12,
      }),
      fc.integer({ min: 60, max: 400 }),
      (parts, width) => {
        const words = parts.join(" ").split(/\s+/).filter((one) => one !== "");
        const lines = breakLines(words.join(" "), 14, width);
        assertEquals(lines.join("").replaceAll(" ", ""), words.join(""));
        for (const line of lines) assert(textWidth(line, 14) <= width);
        for (const [i, line] of lines.entries()) {
          const next = lines[i + 1]?.split(" ")[0];
          if (next === undefined) continue;
          const room = textWidth(`${line} ${next}`, 14) > width;
          assert(room || words.some((one) => textWidth(one, 14) > width));
        }
      },
    ),
  );
});

Deno.test("a scene of one row of pixels is previewed within bounds, and so is one column", async () => {
  for (const [width, height] of [[16384, 1], [1, 16384], [16384, 64]]) {
    const preview = await scene(width!, height!)
      .place(red, box.percent(10, 10, 60, 60))
      .preview();
    const sheet = await preview.sheet();
    assert(sheet.width * sheet.height < 8e6, `${sheet.width}×${sheet.height}`);
  }
});

Deno.test("masks are drawn in their colours and mix where they overlap", () => {
  const size = { width: 3, height: 1 };
  const picture = maskPicture([
    Float32Array.of(1, 1, 0),
    Float32Array.of(0, 1, 0),
  ], size);
  const colours = [0, 1, 2].map((i) =>
    picture.data.slice(i * 4, i * 4 + 3).join()
  );
  assertEquals(colours[0], "255,176,0");
  assertEquals(new Set(colours).size, 3);
});
