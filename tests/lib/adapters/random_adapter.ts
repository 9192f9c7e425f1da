/** Adapter files with random weights that fit the small model. */

import { fromFileUrl, join } from "@std/path";
import type { AdapterGraph } from "../../../lib/bases/hooks.ts";
import { ownShapes } from "../../../lib/bases/adapter_inputs.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { clipImageProgram } from "../../../lib/encoders/clip_image.ts";
import type { LocRef } from "../../../lib/model/locref.ts";
import type { Program } from "../../../lib/ops/executor.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import { parseClipImageConfig } from "../../../lib/weights/configs/clip_config.ts";
import { readConfigFile } from "../../../lib/weights/configs/read_config_file.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { noise } from "../ops/host_ops.ts";
import { smallBase } from "./small_base.ts";

const goldens = new URL("../../goldens/", import.meta.url);

/** The tiny Stable Diffusion model of the golden files. */
export const tinyBase: string = fromFileUrl(new URL("sd-tiny", goldens));

/** A picture to refer to. */
export const reference: string = fromFileUrl(new URL("picture.png", goldens));

const size = { height: 8, width: 8 };

/** Names and shapes of what an adapter's programs and hooks read, on the small model. */
export async function shapesOf(
  graph: AdapterGraph,
  programs: readonly Program[] = [],
): Promise<Map<string, readonly number[]>> {
  const base = await openBase(smallBase);
  const inDenoiser = base.programs({ size, adapters: [graph] })
    .filter(({ name }) => name === "unet" || name === "text_key_value")
    .flatMap(({ program }) => [...ownShapes(graph, listWeights(program()))]);
  return new Map([
    ...programs.flatMap((program) => [...listWeights(program)]),
    ...inDenoiser,
  ]);
}

/** Writes random weights of these shapes; norms are near 1. */
export async function writeRandom(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<string> {
  const tensors = [...shapes].map(([name, shape], i) => {
    const count = shape.reduce((product, dim) => product * dim, 1);
    const norm = /(^|[._])(norm\w*|layernorm|layer_norm)\.weight$/.test(name);
    const data = Float32Array.from(
      noise(count, i + 1),
      (value) => norm ? 1 + value / 4 : value / 3,
    );
    return [name, { shape, data }] as const;
  });
  await writeSafetensors(path, new Map(tensors));
  return path;
}

/** Writes a CLIP image encoder whose embeddings have this width. */
export async function writeEncoder(
  dir: string,
  projection: number,
): Promise<string> {
  const folder = join(dir, "image_encoder");
  await Deno.mkdir(folder);
  const file = fromFileUrl(new URL("clip-vision-gelu/config.json", goldens));
  const value = {
    ...(await readConfigFile(file) as object),
    projection_dim: projection,
  };
  await Deno.writeTextFile(join(folder, "config.json"), JSON.stringify(value));
  const { config } = parseClipImageConfig(value, { file });
  await writeRandom(
    join(folder, "model.safetensors"),
    listWeights(clipImageProgram(config)),
  );
  return folder;
}

/** A scene of two objects with captions. */
export function twoObjects(captions: readonly (string | undefined)[]) {
  return captions.reduce(
    (made, caption, i) =>
      made.place(
        reference,
        box.percent(5 + 45 * i, 10 + 20 * i, 50 + 45 * i, 70 + 20 * i),
        { caption },
      ),
    scene(64, 64).caption("a cat and a dog"),
  );
}

/** Pixels of a scene on a model, in few steps. */
export async function pixelsOf(
  made: ReturnType<typeof twoObjects>,
  model: LocRef,
  options: object = {},
): Promise<Uint8Array> {
  const picture = await made.generate({ model, steps: 2, seed: 1, ...options });
  return Uint8Array.from(picture.data);
}
