import { join } from "node:path";
import { compositeImage } from "../../lib/images/composite.ts";
import { encodeImage, toDataUrl } from "../../lib/images/encode.ts";
import { drawSheet, type Panel } from "../../lib/images/drawing/sheet.ts";
import type { TrainingBackendName } from "../loop/training_config.ts";
import type { ModelLocation } from "../../lib/pipeline/load/locate_model.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { box } from "../../lib/scene_data/box.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import type { LocrefConfig } from "./locref_config.ts";
import { phraseOf, seeScene } from "./drawn_scene.ts";
import type { SceneShards } from "../dataset/read/shards.ts";
import { plainView } from "./view.ts";

/** Options of {@linkcode drawSamples}. */
export interface SampleSheetOptions {
  readonly config: Pick<LocrefConfig, "name" | "out" | "data" | "augment">;
  /** The adapter as it is now. */
  readonly adapter: string;
  readonly location: ModelLocation;
  readonly shards: SceneShards;
  readonly backend: TrainingBackendName;
  /** Whether instances have captions: what they are. @default {false} */
  readonly phrased?: boolean;
}

/** Scenes on a sheet, and steps of DDIM for each. */
const rows = 4;
const steps = 20;

/** Draws composite image, result and original of the first scenes into `samples-STEP.png` of the run's folder. */
export async function drawSamples(
  step: number,
  options: SampleSheetOptions,
): Promise<void> {
  const { config, adapter, location, shards, backend } = options;
  const model = await LocRef.load(location.base, {
    adapter,
    imageEncoder: location.imageEncoder,
    backend,
  });
  try {
    const panels: Panel[][] = [];
    for (let i = 0; i < Math.min(rows, shards.keys.length); i++) {
      panels.push(await drawRow(model, i, options));
    }
    const sheet = await drawSheet(panels, {
      heading: `${config.name} after step ${step}`,
    });
    const name = `samples-${String(step).padStart(8, "0")}.png`;
    await writeFileAtomically(join(config.out, name), await encodeImage(sheet));
  } finally {
    await model.dispose();
  }
}

async function drawRow(
  model: LocRef,
  index: number,
  { config, shards, phrased }: SampleSheetOptions,
): Promise<Panel[]> {
  const opened = await shards.read(index);
  const { picture, references, boxes, instances } = await seeScene(
    opened,
    plainView,
    config,
  );
  const size = { width: config.data.side, height: config.data.side };
  let layout = scene(size.width, size.height).caption(
    opened.sample.caption ?? "",
  );
  for (const [i, reference] of references.entries()) {
    const { x0, y0, x1, y1 } = boxes[i]!;
    const url = await toDataUrl(reference);
    const caption = phrased
      ? phraseOf(opened.sample.instances[instances[i]!]!)
      : undefined;
    layout = layout.place(url, box.fraction(x0, y0, x1, y1), { caption });
  }
  const result = await layout.generate({ model, size, steps, seed: index });
  const placed = references.map((raster, i) => ({ raster, box: boxes[i]! }));
  return [
    { title: "composite", raster: await compositeImage(size, placed) },
    { title: "result", raster: result },
    { title: "original", raster: picture },
  ];
}
