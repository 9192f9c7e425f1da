import { assert, assertEquals } from "@std/assert";
import sharp, { type Sharp } from "sharp";
import { box, LocRef, scene } from "../../../../mod.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import { startName } from "../../../../lib/pipeline/start/read_start.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const model = await LocRef.load("pocket", { backend: "onnx" });
const star = scene().caption("a star on a blue ground")
  .place("examples/assets/star.png", box.percent(20, 20, 60, 60));
const run = { model, steps: 1, seed: 1 };

/** A grey picture with a light rectangle in the middle. */
function photo(width: number, height: number): Sharp {
  const raster = blankRaster(width, height, [90, 90, 90, 255]);
  for (let y = height >> 2; y < height >> 1; y++) {
    const row = 4 * y * width;
    raster.data.fill(255, row + 4 * (width >> 2), row + 4 * (width >> 1));
  }
  const { data } = raster;
  return sharp(data, { raw: { width, height, channels: 4 } });
}

Deno.test("a picture of another shape than the grid is named with the numbers, on a sheet too", async () => {
  await inTempDir(async (dir) => {
    const path = `${dir}/a4.png`;
    await photo(210, 297).png().toFile(path);
    const said = `${
      startName({ image: path })
    } of 210 × 297 is rendered at 96 × 128 pixels, whose shape is 6.1 % wider, so everything is stretched`;
    for (const begun of [star.init(path), star.on(path)]) {
      const { warnings } = await begun.generate(run);
      assert(warnings.includes(said), warnings.join("\n"));
      const preview = await begun.preview({ model });
      assert(preview.warnings.includes(said), preview.warnings.join("\n"));
    }
  });
});

Deno.test("files in every kind begin a picture, upright, and animations say that their first frame is taken", async () => {
  await inTempDir(async (dir) => {
    const files: [string, Sharp][] = [
      ["grey.png", photo(128, 96).greyscale().png()],
      ["wide.png", photo(128, 96).toColourspace("rgb16").png()],
      ["print.jpg", photo(128, 96).removeAlpha().toColourspace("cmyk").jpeg()],
      ["plain.gif", photo(128, 96).gif()],
      ["turned.jpg", photo(96, 128).withMetadata({ orientation: 6 }).jpeg()],
    ];
    for (const [name, file] of files) {
      await file.toFile(`${dir}/${name}`);
      const found = await star.init(`${dir}/${name}`, { strength: 1 })
        .generate(run);
      assertEquals([found.width, found.height, found.warnings], [128, 96, []]);
    }
    const frames = await Promise.all(
      [128, 96].map(() => photo(128, 128).png().toBuffer()),
    );
    const path = `${dir}/moving.gif`;
    await sharp(frames, { join: { animated: true } }).gif({
      keepDuplicateFrames: true,
    }).toFile(path);
    const mask = `${dir}/mask.gif`;
    await sharp(frames, { join: { animated: true } }).threshold(200).gif({
      keepDuplicateFrames: true,
    }).toFile(mask);
    const begun = star.inpaint(path, { mask });
    const ends = ["Picture to begin on", "Mask"].map((name, i) =>
      `${name} "${
        [path, mask][i]
      }" holds 2 pictures, and the first one is taken`
    );
    for (
      const { warnings } of [
        await begun.generate(run),
        await begun.preview({ model }),
      ]
    ) {
      for (const end of ends) {
        assert(warnings.includes(end), warnings.join("\n"));
      }
    }
  });
});
