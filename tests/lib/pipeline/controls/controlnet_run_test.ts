import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openControl } from "../../../../lib/adapters/controls/open_control.ts";
import { openBase } from "../../../../lib/bases/bases.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import { boxCoverage } from "../../../../lib/masks/coverage.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import { controlnetRun } from "../../../../lib/pipeline/controls/controlnet_run.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { noise } from "../../ops/host_ops.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { smallBase, smallLocref } from "../../adapters/small_base.ts";
import { writeControlnet } from "../../adapters/random_controls.ts";

/** Half of the small model's UNet. */
const half = {
  ...{ block_out_channels: [32, 64], layers_per_block: 1 },
  down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
};

/** A picture without a shape, as a control's or a reference's. */
const square = blankRaster(64, 64, [200, 90, 20, 255]);

/** The small model with an adapter, which places references. */
async function loadWithLocref(): Promise<LocRef> {
  return await LocRef.load(smallBase, {
    ...{ adapter: smallLocref, backend: "onnx" },
    imageEncoder: fromFileUrl(
      new URL("../../../goldens/clip-vision-gelu", import.meta.url),
    ),
  });
}

Deno.test("a control in a region adds nothing outside of it, and inside what it adds everywhere", async () => {
  await inTempDir(async (dir) => {
    const control = await openControl(await writeControlnet(dir, half));
    const base = await openBase(smallBase);
    const executor = await onnxExecutor();
    const latent = { height: 8, width: 8 };
    const random = (shape: number[], seed: number) =>
      tensor(
        shape,
        Float32Array.from(noise(shape.reduce((a, b) => a * b, 1), seed)),
      );
    const context = {
      places: base.places(latent),
      latent,
      tokens: random([2, 77, base.textWidth], 1),
      compile: async ({ program, weights }: {
        program: Parameters<typeof executor.compile>[0];
        weights: Parameters<typeof executor.compile>[1];
      }) => await executor.compile(program, weights),
    };
    const call = {
      ...{ step: 0, total: 4, call: 0, calls: 4 },
      sample: random([2, 4, 8, 8], 2),
      time: base.stepInputs(
        { tokens: random([2, 77, base.textWidth], 1), cuts: [] },
        { size: { height: 64, width: 64 }, guidance: 2 },
      )([500, 500]),
    };
    const place = { x0: 0.5, y0: 0, x1: 1, y1: 0.5 };
    const residuals = async (region: boolean) => {
      const unit = {
        ...{ control, id: 0, number: 0, name: "Control 1", scale: 0.7 },
        ...{ start: 0, end: 1, guess: false },
        hint: random([1, 3, 64, 64], 3),
        ...(region && {
          region: (height: number, width: number) =>
            boxCoverage(place, { height, width }),
        }),
      };
      const run = await controlnetRun([unit], context);
      return await run(call);
    };
    const whole = await residuals(false), part = await residuals(true);
    let inside = 0;
    for (const [name, { shape, data }] of Object.entries(part)) {
      const [, , height, width] = shape as [number, number, number, number];
      data.forEach((value, i) => {
        const x = i % width, y = Math.floor(i / width) % height;
        const within = x >= width / 2 && y < height / 2;
        if (within && value !== 0) inside++;
        assertEquals(value, within ? whole[name]!.data[i] : 0 * value);
      });
    }
    assert(inside > 0);
    await executor.dispose();
  });
});

Deno.test("a control of an instance acts in its box alone, and in a box of all as everywhere", async () => {
  await inTempDir(async (dir) => {
    const net = await writeControlnet(dir, half);
    await using model = await loadWithLocref();
    const pixels = async (where: number[], instance?: number) => {
      const [x0, y0, x1, y1] = where as [number, number, number, number];
      const placed = scene(64, 64).caption("a cat")
        .place(square, box.percent(x0, y0, x1, y1));
      const held = instance === -1
        ? placed
        : placed.control(net, square, { instance });
      return (await held.generate({ model, steps: 1, seed: 1 })).data;
    };
    const all = [0, 0, 100, 100], corner = [50, 50, 100, 100];
    assertEquals(await pixels(all, 0), await pixels(all));
    const part = await pixels(corner, 0);
    const [whole, none] = [await pixels(corner), await pixels(corner, -1)];
    assert(part.some((value, i) => value !== whole[i]));
    assert(part.some((value, i) => value !== none[i]));
  });
});

Deno.test("a control's part of the run counts evaluations, of which heun takes three in two steps", async () => {
  await inTempDir(async (dir) => {
    const net = await writeControlnet(dir, half);
    await using model = await LocRef.load(smallBase, { backend: "onnx" });
    const plain = scene(64, 64).caption("a cat");
    const pixels = async (one: typeof plain, sampler: string) =>
      (await one.generate({ model, steps: 2, sampler })).data;
    const held = plain.control(net, square, { start: 0.3, end: 0.7 });
    // the second of three acts; of two steps none lies within
    const changed = async (sampler: string) => {
      const [a, b] = [
        await pixels(plain, sampler),
        await pixels(held, sampler),
      ];
      return a.some((value, i) => value !== b[i]);
    };
    assertEquals(await changed("heun"), true);
    assertEquals(await changed("euler"), false);
  });
});

Deno.test("a control of scale 0 is not evaluated, and the picture is that without it", async () => {
  await inTempDir(async (dir) => {
    const net = await writeControlnet(dir, half);
    // its network would be refused where it ran: nothing of it is finite
    const file = `${dir}/diffusion_pytorch_model.safetensors`;
    const weights = await openSafetensors(file);
    const broken = new Map(
      weights.names().map((name) => {
        const { shape } = weights.info(name)!;
        const count = shape.reduce((a, b) => a * b, 1);
        const zeroed = name.startsWith("controlnet_down_blocks");
        const data = new Float32Array(count).fill(zeroed ? 1e38 : 1);
        return [name, { shape, data }];
      }),
    );
    await writeSafetensors(file, broken);
    await using model = await LocRef.load(smallBase, { backend: "onnx" });
    const plain = scene(64, 64).caption("a cat");
    const run = { model, steps: 1, seed: 1 };
    await assertRejects(
      () => plain.control(net, square).generate(run),
      Error,
      "ControlNet at step 1 of 1",
    );
    const held = await plain.control(net, square, { scale: 0 }).generate(run);
    assertEquals(held.data, (await plain.generate(run)).data);
  });
});

Deno.test("provenance numbers controls as the whole scene does where a part is painted without the first", async () => {
  await inTempDir(async (dir) => {
    const net = await writeControlnet(dir, half);
    await using model = await loadWithLocref();
    const { provenance, warnings } = await scene().caption("a cat")
      .place(square, box.percent(0, 0, 40, 40))
      .place(square, box.percent(90, 90, 100, 100))
      .inpaint(square, { instance: 0, padding: 0, feather: 0 })
      .control(net, square, { instance: 1 }).control(net, square)
      .generate({ model, steps: 1 });
    const numbers = Object.keys(provenance.model.files)
      .filter((name) => name.startsWith("control_"));
    assertEquals(numbers, ["control_2/diffusion_pytorch_model.safetensors"]);
    assertEquals(
      warnings.filter((one) => one.startsWith("Control 1")).length,
      1,
    );
  });
});
