import { join } from "node:path";
import { checkOutputFile } from "../lib/core/files/check_output.ts";
import { encodeImage } from "../lib/images/encode.ts";
import { LocRef } from "../lib/model/locref.ts";
import type { Picture } from "../lib/pipeline/picture.ts";
import { formatSeconds, startProgress } from "../lib/core/command/progress.ts";
import type { Scene } from "../lib/scene/scene.ts";
import { writeFileAtomically } from "../lib/core/files/write_file.ts";
import { warningPrinter } from "../lib/core/command/print_warnings.ts";
import { defineCommand } from "../lib/core/command/command.ts";
import { numberOf, text, toggle } from "../lib/core/command/option.ts";
import {
  backendOption,
  seedOption,
} from "../lib/pipeline/options/command_options.ts";
import { steps as stepsKind } from "../lib/pipeline/options/check_picture_options.ts";
import { demoScene, variationsOf } from "./demo_scene.ts";
import { type DemoPictures, drawDemoSheet, enlargement } from "./demo_sheet.ts";

/** `deno task demo`. */
export const command = defineCommand({
  about:
    `Places three references that the pocket model never saw in one scene and writes demo.png, then
    demo-sheet.png: references, composite image, masks, result, and what caption, box and reference
    do: three pictures of the same noise with one of them changed.`,
  options: {
    output: text("DIR", "folder to write to", { short: "o", default: "out" }),
    backend: backendOption,
    seed: seedOption("seed of the noise", { default: 7 }),
    steps: numberOf(stepsKind, "number of steps", { default: 20 }),
    single: toggle("make one picture, without the three that differ from it"),
    json: toggle("print files and seconds per part as JSON"),
  },
  async main({ output, backend, seed, steps, single, json }) {
    const files = ["demo.png", "demo-sheet.png"]
      .map((name) => join(output, name));
    for (const file of files) await checkOutputFile(file);
    const clock = new PartClock();
    const demo = await demoScene();
    await using model = await LocRef.load("pocket", { backend });
    clock.end("load the model");
    const preview = await demo.preview({ model });
    clock.end("read and draw references, masks");
    const settings = { model, seed, steps };
    const picture = await makePicture(demo, clock, settings);
    await picture.save(files[0]!, { scale: enlargement(picture) });
    clock.end("write the picture");
    const variations = single ? [] : await vary(demo, settings);
    if (!single) clock.end("caption, box, reference changed: three pictures");
    const sheet = await drawDemoSheet(demo, { preview, picture, variations });
    await writeFileAtomically(files[1]!, await encodeImage(sheet));
    clock.end("write the sheet");
    warningPrinter()([...preview.warnings, ...picture.warnings]);
    report(files, clock, { json, backend: model.backend.name });
    return 0;
  },
});

interface Settings {
  readonly model: LocRef;
  readonly seed: number;
  readonly steps: number;
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
  settings: Settings,
): Promise<Picture> {
  const run = demo.steps({ ...settings });
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

/** Makes the scenes that differ from the demo's in one thing, from the same noise. */
async function vary(
  demo: Scene,
  settings: Settings,
): Promise<DemoPictures["variations"]> {
  const variations = await variationsOf(demo);
  const total = variations.length * settings.steps;
  const bar = startProgress("one thing changed", { total });
  const made: DemoPictures["variations"][number][] = [];
  for (const [i, variation] of variations.entries()) {
    const picture = await variation.scene.generate({
      ...settings,
      onStep: ({ step }) => bar.update(i * settings.steps + step),
    });
    made.push({ ...variation, picture });
  }
  bar.end();
  return made;
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
