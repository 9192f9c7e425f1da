import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { LocRef, LocRefError, type Scene, scene } from "../../../../mod.ts";
import { blankRaster, type Raster } from "../../../../lib/images/raster.ts";
import { tinyBase } from "../../adapters/random_adapter.ts";
import {
  writeControlnet,
  writeT2iAdapter,
} from "../../adapters/random_controls.ts";

const dir = await Deno.makeTempDir();
const model = await LocRef.load(tinyBase);
const apple = scene(64, 64).caption("a red apple");
const square = blankRaster(64, 64, [200, 90, 20, 255]);
const t2i = await writeT2iAdapter(join(dir, "t2i"));

/** A mask whose upper half is painted. */
function upperHalf(): Raster {
  const mask = blankRaster(64, 64, [0, 0, 0, 255]);
  mask.data.fill(255, 0, 4 * 32 * 64);
  return mask;
}

async function refused(made: Scene, message: string): Promise<void> {
  let steps = 0;
  const error = await assertRejects(
    () => made.generate({ model, steps: 2, onStep: () => void steps++ }),
    LocRefError,
  );
  assertStringIncludes(error.message, message);
  assertEquals(steps, 0);
}

Deno.test("a control for another base is refused before the first step with what differs", async () => {
  const others: [string, string][] = [
    [
      await writeControlnet(join(dir, "text"), { cross_attention_dim: 16 }),
      "it reads text of width 16, and the model's has 32",
    ],
    [
      await writeControlnet(join(dir, "factor"), {
        conditioning_embedding_out_channels: [8, 8, 8],
      }),
      "a cell of its picture has 4 pixels a side, and a cell of the model's latents 8",
    ],
    [
      await writeControlnet(join(dir, "added"), {
        ...{ addition_embed_type: "text_time", addition_time_embed_dim: 8 },
        projection_class_embeddings_input_dim: 80,
      }),
      "it reads sizes and pooled text of width 80, and the model has none",
    ],
    [
      await writeControlnet(join(dir, "layers"), { layers_per_block: 1 }),
      "it gives 9 residuals, and the model has 13 skips",
    ],
    [
      await writeControlnet(join(dir, "widths"), {
        block_out_channels: [32, 32, 64, 64],
      }),
      ", and the model's skip 64 × ",
    ],
    [
      await writeControlnet(join(dir, "six"), { conditioning_channels: 6 }),
      "reads 6 channels, and pictures have 3",
    ],
    [
      await writeT2iAdapter(join(dir, "narrow"), {
        channels: [32, 64, 64, 32],
      }),
      "its features have widths [32, 64, 64, 32]",
    ],
    [
      await writeT2iAdapter(join(dir, "coarse"), { downscale_factor: 16 }),
      "its feature 1 has 32 cells where the model's level has 64",
    ],
  ];
  for (const [path, message] of others) {
    await refused(apple.control(path, square), message);
  }
});

Deno.test("settings of ControlNets are refused for T2I-Adapters", async () => {
  const only = "is for ControlNets, and this is a T2I-Adapter";
  await refused(apple.control(t2i, square, { guess: true }), `guess ${only}`);
  const painted = apple.inpaint(square, { mask: upperHalf() });
  await refused(
    painted.control(t2i, square, { masked: true }),
    `masked ${only}`,
  );
});

Deno.test("a whole model in the place of a control is named", async () => {
  await refused(
    apple.control(tinyBase, square),
    "holds a whole model and no control: load it with LocRef.load(FOLDER)",
  );
});

Deno.test("a small ControlNet, which reads no text, acts", async () => {
  const small = await writeControlnet(join(dir, "small"), {
    down_block_types: Array(4).fill("DownBlock2D"),
    mid_block_type: "UNetMidBlock2D",
  });
  const run = { model, steps: 1, seed: 1 };
  const held = await apple.control(small, square).generate(run);
  const plain = await apple.generate(run);
  assert(held.data.some((one, i) => one !== plain.data[i]));
});

Deno.test("T2I-Adapters that act at different steps are summed", async () => {
  const run = { model, steps: 2, seed: 1 };
  const one = await apple.control(t2i, square).generate(run);
  const halves = await apple.control(t2i, square, { end: 0.5 })
    .control(t2i, square, { start: 0.5 }).generate(run);
  assertEquals(halves.data, one.data);
});

Deno.test("a control picture may have the shape of the scene or that of the picture", async () => {
  const wide = { model, steps: 1, size: { width: 128, height: 64 } };
  for (const hint of [square, blankRaster(128, 64, [200, 90, 20, 255])]) {
    const { width } = await apple.control(t2i, hint).generate(wide);
    assertEquals(width, 128);
  }
  const tall = blankRaster(64, 128, [200, 90, 20, 255]);
  const error = await assertRejects(() =>
    apple.control(t2i, tall).generate(wide)
  );
  assertStringIncludes(
    (error as Error).message,
    "its picture has 64 × 128 pixels, another shape than the 128 × 64 of the picture that is made and the 64 × 64 of the scene",
  );
});

Deno.test("a control's picture that is stretched is named with the numbers", async () => {
  const wide = { model, steps: 1, size: { width: 128, height: 64 } };
  const { warnings } = await apple.control(t2i, square).control(t2i, square)
    .generate(wide);
  const said = warnings.filter((one) => one.startsWith("Control 2"));
  assertEquals(said.length, 1);
  assertStringIncludes(
    said[0]!,
    "of 64 × 64 is read at 128 × 64 pixels, whose shape is 100 % wider, so it is stretched",
  );
});

globalThis.addEventListener("unload", () => {
  Deno.removeSync(dir, { recursive: true });
});

Deno.test("a control's picture that is missing is named", async () => {
  await refused(
    apple.control(t2i, "nowhere.png"),
    ': picture "nowhere.png": no such file',
  );
});

Deno.test("an error about one of several controls begins with its number", async () => {
  const net = await writeControlnet(join(dir, "net"));
  const weights = "diffusion_pytorch_model.safetensors";
  const cut = await copied(net, "cut", async (folder) => {
    await Deno.truncate(join(folder, weights), 3000);
  });
  const bare = await copied(
    net,
    "bare",
    (folder) => Deno.remove(join(folder, weights)),
  );
  const other = await copied(net, "other", (folder) =>
    Deno.writeTextFile(
      join(folder, "config.json"),
      '{"_class_name":"ControlNetXSModel"}',
    ));
  const wrong = [cut, bare, other, tinyBase, join(net, "config.json")];
  for (const path of wrong) {
    const both = apple.control(t2i, square).control(path, square);
    const error = await assertRejects(
      () => both.generate({ model, steps: 1 }),
      LocRefError,
    );
    assertEquals(error.message.split(" (")[0], "Control 2", error.message);
  }
});

Deno.test("of several controls the one whose result is not finite is named", async () => {
  const unfinite = async (path: string) => {
    const file = join(path, "diffusion_pytorch_model.safetensors");
    const bytes = await Deno.readFile(file);
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    for (let at = 8 + header; at + 3 < bytes.length; at += 4) {
      new DataView(bytes.buffer).setFloat32(at, NaN, true);
    }
    await Deno.writeFile(file, bytes);
  };
  const net = await writeControlnet(join(dir, "finite"));
  const broken = await writeControlnet(join(dir, "nan"));
  const features = await writeT2iAdapter(join(dir, "nan-t2i"));
  for (const path of [broken, features]) {
    await unfinite(path);
    const both = apple.control(net, square).control(path, square);
    const error = await assertRejects(
      () => both.generate({ model, steps: 1 }),
      LocRefError,
      "is not finite",
    );
    assertEquals(error.message.split(" (")[0], "Control 2", error.message);
  }
});

/** A copy of a control's folder, changed. */
async function copied(
  from: string,
  name: string,
  change: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(dir, name);
  await Deno.mkdir(folder);
  for await (const one of Deno.readDir(from)) {
    await Deno.copyFile(join(from, one.name), join(folder, one.name));
  }
  await change(folder);
  return folder;
}
