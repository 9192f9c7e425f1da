import { join } from "node:path";
import { startProgress } from "../../lib/core/command/progress.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { encodeImage } from "../../lib/images/encode.ts";
import { type Raster, rasterFromPlanes } from "../../lib/images/raster.ts";
import type { LoadedModel } from "../../lib/pipeline/load/loaded_model.ts";
import { layerRaster } from "../../train/pocket/studio/scene_data.ts";
import { type ControlScene, controlScenes } from "../controls/control_scene.ts";
import { makeRow, modelRows } from "../controls/model_rows.ts";
import { instructions } from "./instructions.ts";
import { type NamingKey, namingKey, type NamingRun } from "./naming_key.ts";
import type { DrawOptions } from "./naming_run.ts";
import {
  drawReferenceSheet,
  drawSceneSheet,
  type SheetReference,
} from "./sheets.ts";

/** Draws the scenes of a run, and writes its sheets, texts and key into `out`. */
export async function drawSheets(
  run: NamingRun,
  { out, ...options }: DrawOptions & { readonly out: string },
): Promise<NamingKey> {
  const { seed, scenes: count, sizes, objectScale } = options;
  const { world, scenes } = await controlScenes({
    ...{ seed, count, sizes, objectScale },
  });
  const key = namingKey(
    run,
    scenes.map(({ size, caption, ground, objects }) => ({
      ...{ size, caption, ground },
      objects: objects.map(({ index }) => world.objects[index]!),
    })),
    world.objects,
  );
  const pictures = await picturesOf(scenes, options);
  // first, so that another run never mixes its sheets with these
  await writeText(out, "key.json", JSON.stringify(key, null, 1));
  const sheets = key.scenes.at(-1)!.sheet;
  for (let sheet = 1; sheet <= sheets; sheet++) {
    const drawn = key.scenes.filter((one) => one.sheet === sheet)
      .map(({ scene }) => ({
        scene,
        picture: pictures[scene - 1]!,
        boxes: scenes[scene - 1]!.objects.map(({ box }) => box),
      }));
    await writePicture(out, `sheet-${sheet}`, await drawSceneSheet(drawn));
    const references = referencesOf(key, scenes, sheet);
    const shown = await drawReferenceSheet(references);
    await writePicture(out, `references-${sheet}`, shown);
  }
  await writeText(out, "choices.txt", choicesText(key));
  await writeText(out, "README.txt", instructions(sheets).trimEnd());
  return key;
}

async function picturesOf(
  scenes: readonly ControlScene[],
  { model, seed, steps }: { model: LoadedModel; seed: number; steps?: number },
): Promise<Raster[]> {
  const progress = startProgress("naming", {
    total: scenes.length,
    unit: "scenes",
  });
  const pictures: Raster[] = [];
  for (const [i, scene] of scenes.entries()) {
    const [planes] = await makeRow(modelRows[0]!, [scene], {
      ...{ model, seed, steps },
    });
    const { width, height } = scene.size;
    pictures.push(rasterFromPlanes(planes!, width, height));
    progress.update(i + 1);
  }
  progress.end();
  return pictures;
}

function referencesOf(
  { references }: NamingKey,
  scenes: readonly ControlScene[],
  sheet: number,
): SheetReference[] {
  return references.flatMap(({ label, object }) => {
    const [own, title] = label.split(".");
    if (Number(own) !== sheet) return [];
    const [scene, number] = object.split(".").map(Number);
    const { layer } = scenes[scene! - 1]!.objects[number! - 1]!;
    return [{ title: title!, raster: layerRaster(layer) }];
  });
}

function choicesText({ scenes }: NamingKey): string {
  return scenes.flatMap(({ objects }) =>
    objects.map(({ label, choices }) => `${label}: ${choices.join(" | ")}`)
  ).join("\n");
}

async function writeText(out: string, name: string, text: string) {
  await writeFileAtomically(join(out, name), `${text}\n`);
}

async function writePicture(out: string, name: string, picture: Raster) {
  const bytes = await encodeImage(picture);
  await writeFileAtomically(join(out, `${name}.png`), bytes);
}
