/**
 * A model for tests that only need a model: Stable Diffusion 1.x with two levels in place of four and
 * four transformer blocks in place of sixteen, since compiling takes most of such a test's time, and
 * with a small vocabulary.
 * Tests of numbers take the models of the golden files.
 */

import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { openBase } from "../../../lib/bases/bases.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { noise } from "../ops/host_ops.ts";

const golden = (name: string) =>
  fromFileUrl(new URL(`../../goldens/sd-tiny/${name}`, import.meta.url));
const adapter = (name: string) =>
  fromFileUrl(new URL(`../../data/small/${name}`, import.meta.url));

/** A small Stable Diffusion model, removed when the test file ends. */
export const smallBase: string = await writeSmallBase();

/** LocRef on the small model. */
export const smallLocref: string = adapter("locref.safetensors");

/** An IP-Adapter of the small model. */
export const smallIpAdapter: string = adapter("ip-adapter.safetensors");

async function writeSmallBase(): Promise<string> {
  const dir = await Deno.makeTempDir({ prefix: "locref-small-" });
  addEventListener("unload", () => Deno.removeSync(dir, { recursive: true }));
  for (const name of ["model_index.json", "scheduler", "vae"]) {
    await cp(golden(name), join(dir, name), { recursive: true });
  }
  // a vocabulary of 1,514 tokens: CLIP's own takes half a second of each load
  for (const name of ["text_encoder", "tokenizer"]) {
    await cp(golden(`../sdxl-tiny/${name}`), join(dir, name), {
      recursive: true,
    });
  }
  const config = JSON.parse(
    await Deno.readTextFile(golden("unet/config.json")),
  );
  const small = {
    ...{ block_out_channels: [32, 64], layers_per_block: 1 },
    down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
  };
  await Deno.mkdir(join(dir, "unet"));
  await Deno.writeTextFile(
    join(dir, "unet", "config.json"),
    JSON.stringify({ ...config, ...small }),
  );
  const file = join(dir, "unet", "diffusion_pytorch_model.safetensors");
  // a base opens by the names of its files alone
  await writeSafetensors(file, new Map());
  await writeSafetensors(file, randomWeights(await shapesOfUnet(dir)));
  return dir;
}

async function shapesOfUnet(
  dir: string,
): Promise<Map<string, readonly number[]>> {
  const base = await openBase(dir);
  const size = { height: 8, width: 8 };
  return new Map(
    base.programs({ size, adapters: [] })
      .filter(({ name }) => name === "unet" || name === "text_key_value")
      .flatMap(({ program }) => [...listWeights(program())]),
  );
}

/** Weights whose variance is 1 / fan-in; norms are near 1. */
function randomWeights(shapes: ReadonlyMap<string, readonly number[]>) {
  return new Map([...shapes].map(([name, shape], i) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const scale = shape.length === 1 ? 1 / 8 : Math.sqrt(3 * shape[0]! / count);
    const mean = /norm\w*\.weight$/.test(name) ? 1 : 0;
    const data = Float32Array.from(
      noise(count, i + 1),
      (value) => mean + scale * value,
    );
    return [name, { shape, data }];
  }));
}
