import { join } from "node:path";
import { assetFile } from "../lib/core/files/assets.ts";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import { drawBoxes } from "../lib/images/drawing/overlay.ts";
import { encodeImage } from "../lib/images/encode.ts";
import { drawSheet, type Panel } from "../lib/images/drawing/sheet.ts";
import { LocRef } from "../lib/model/locref.ts";
import type { Picture } from "../lib/pipeline/picture.ts";
import { formatSeconds, startProgress } from "../lib/core/command/progress.ts";
import { box } from "../lib/scene_data/box.ts";
import {
  labelledBoxes,
  maskPanel,
  type Preview,
  referencesPanel,
} from "../lib/scene/preview/preview.ts";
import { scene } from "../lib/scene/begin_scene.ts";
import type { Scene } from "../lib/scene/scene.ts";
import { writeFileAtomically } from "../lib/core/files/write_file.ts";
import { warningPrinter } from "../lib/core/command/print_warnings.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import { text, toggle } from "../lib/core/command/option.ts";
import {
  backendOption,
  seedOption,
  stepsOption,
} from "../lib/pipeline/options/command_options.ts";

/** `deno task demo`. */
export const command = defineCommand({
  about:
    `Places three references that the pocket model never saw in one scene and writes demo.png
    and demo-sheet.png: references, composite image, masks, result.`,
  options: {
    output: text("DIR", "folder to write to", { short: "o", default: "out" }),
    backend: backendOption,
    seed: seedOption("seed of the noise", { default: 7 }),
    steps: stepsOption,
    json: toggle("print files and seconds per part as JSON"),
  },
  async main({ output, backend, seed, steps, json }) {
    const files = ["demo.png", "demo-sheet.png"]
      .map((name) => join(output, name));
    for (const file of files) await checkOutputFile(file);
    const clock = new PartClock();
    const demo = await demoScene();
    await using model = await LocRef.load("pocket", { backend });
    clock.end("load the model");
    const preview = await demo.preview({ model });
    clock.end("read and draw references, masks");
    const picture = await makePicture(demo, clock, { model, seed, steps });
    await picture.save(files[0]!, enlargement(picture));
    await saveSheet(demo, { preview, picture }, files[1]!);
    clock.end("write picture and sheet");
    warningPrinter()([...preview.warnings, ...picture.warnings]);
    report(files, clock, { json, backend: model.backend.name });
    return 0;
  },
});

/** Factor by which a small model's picture is enlarged for a screen. */
function enlargement({ width, height }: Picture): { scale?: number } {
  const scale = Math.ceil(256 / Math.min(width, height));
  return scale > 1 ? { scale } : {};
}

/** The scene of the demo: three objects that are held out of the pocket model's training. */
export async function demoScene(): Promise<Scene> {
  const names = ["basketball", "clover", "backpack"].map((name) =>
    `examples/assets/${name}.png`
  );
  const files = await Promise.all(names.map(assetFile));
  const [basketball, clover, backpack] = names;
  const placed = scene(512, 512)
    .caption(
      "a basketball and a four leaf clover and a backpack on a blue background",
    )
    .place(basketball!, box.xyxy(24, 250, 234, 460))
    .place(clover!, box.xyxy(60, 32, 220, 214))
    .place(backpack!, box.xyxy(280, 120, 480, 360));
  // paths that a saved picture holds count from here, wherever the package lies
  const folder = files[0]!.slice(0, -names[0]!.length);
  return scene.from(placed, { folder });
}

/** Seconds of each part of a run, in order. */
class PartClock {
  readonly parts: Record<string, number> = {};
  #last = performance.now();

  end(part: string): void {
    const now = performance.now();
    this.parts[part] = (now - this.#last) / 1000;
    this.#last = now;
  }
}

async function makePicture(
  demo: Scene,
  clock: PartClock,
  options: { model: LocRef; seed: number; steps?: number },
): Promise<Picture> {
  const { model, seed, steps } = options;
  const run = demo.steps({ model, seed, ...(steps && { steps }) });
  let bar: ReturnType<typeof startProgress> | undefined;
  for (;;) {
    const { done, value } = await run.next();
    if (done) {
      bar?.end();
      clock.end("decode the picture");
      return value;
    }
    if (value.step === 1) {
      clock.end("encode text and pictures, first step");
      bar = startProgress("denoise", { total: value.total });
    }
    bar?.update(value.step);
    if (value.step === value.total) {
      clock.end(`denoise, ${value.total - 1} more steps`);
    }
  }
}

async function saveSheet(
  demo: Scene,
  made: { preview: Preview; picture: Picture },
  path: string,
): Promise<void> {
  const { preview, picture } = made;
  const data = demo.toJSON();
  const boxes = labelledBoxes(data);
  const bare = boxes.map((one) => ({ ...one, label: "" }));
  const row: Panel[] = [
    ...await referencesPanel(preview.pictures),
    {
      title: "composite image",
      raster: preview.composite,
      overlay: (size) => drawBoxes(boxes, size),
    },
    maskPanel(preview.masks[0]!),
    {
      title: "result, boxes drawn",
      raster: picture,
      overlay: (size) => drawBoxes(bare, size),
    },
    { title: "result", raster: picture },
  ];
  const sheet = await drawSheet([row], { heading: data.caption });
  await writeFileAtomically(path, await encodeImage(sheet));
}

function report(
  files: readonly string[],
  clock: PartClock,
  options: { json: boolean; backend: string },
): void {
  const { parts } = clock;
  const { json, backend } = options;
  if (json) {
    console.log(JSON.stringify({ files, backend, seconds: parts }));
    return;
  }
  const total = Object.values(parts).reduce((sum, value) => sum + value, 0);
  for (const [part, seconds] of Object.entries(parts)) {
    console.log(`${seconds.toFixed(2).padStart(7)} s  ${part}`);
  }
  console.log(
    `${total.toFixed(2).padStart(7)} s  in all, on ${backend}${
      total >= 60 ? ` (${formatSeconds(total)})` : ""
    }`,
  );
  for (const file of files) console.log(file);
}
