import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import type { FusionOptions } from "../../lib/pipeline/options/picture_options.ts";
import { makePicture } from "../../lib/pipeline/make_picture.ts";
import { planesFromRaster } from "../../lib/images/raster.ts";
import type { SceneData } from "../../lib/scene_data/scene_data.ts";
import { sceneData } from "../../train/pocket/studio/scene_data.ts";
import type { ControlScene } from "./control_scene.ts";

/** A row of a model: its scenes, changed in one way. */
export interface ModelRow {
  readonly name: string;
  readonly scene: (
    scenes: readonly ControlScene[],
    index: number,
  ) => Promise<SceneData>;
  /** Switches of the adapter. */
  readonly fusion?: FusionOptions;
}

/** The model as it is, and with one of its conditions wrong or absent. */
export const modelRows: readonly ModelRow[] = [
  {
    name: "model",
    scene: (scenes, index) => sceneData(scenes[index]!, "alpha"),
  },
  {
    name: "model, references swapped in the scene",
    scene: async (scenes, index) => {
      const { objects, caption } = scenes[index]!;
      const swapped = objects.map((one, i) => ({
        ...one,
        layer: objects[(i + 1) % objects.length]!.layer,
      }));
      return await sceneData({ caption, objects: swapped }, "alpha");
    },
  },
  {
    name: "model, references of another scene",
    scene: async (scenes, index) => {
      const { objects, caption } = scenes[index]!;
      const others = scenes[(index + 1) % scenes.length]!.objects;
      const strange = objects.map((one, i) => ({
        ...one,
        layer: others[i % others.length]!.layer,
      }));
      return await sceneData({ caption, objects: strange }, "alpha");
    },
  },
  {
    name: "model, no references",
    scene: (scenes, index) => sceneData(scenes[index]!, "alpha"),
    fusion: { lambdaCi: 0, lambdaRi: 0 },
  },
  {
    name: "model, empty caption",
    scene: async (scenes, index) => ({
      ...await sceneData(scenes[index]!, "alpha"),
      caption: "",
    }),
  },
];

/** Makes the pictures of a row, `[3, height, width]`, 0..1. */
export async function makeRow(
  row: ModelRow,
  scenes: readonly ControlScene[],
  { model, seed, steps }: {
    model: LoadedModel;
    seed: number;
    /** @default {the model's own} */
    steps?: number;
  },
): Promise<Float32Array[]> {
  const pictures: Float32Array[] = [];
  for (const [i, { size }] of scenes.entries()) {
    const scene = await row.scene(scenes, i);
    const options = { seed, steps, size, fusion: row.fusion };
    pictures.push(
      planesFromRaster(await makePicture({ scene, model }, options)),
    );
  }
  return pictures;
}
