/** `deno task pocket`: the whole pocket family from nothing. */

import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assetFile } from "../../lib/core/files/assets.ts";
import {
  checkOutputFile,
  checkOutputFolder,
} from "../../lib/core/files/check_output.ts";
import { formatOfPath } from "../../lib/images/encode.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import { commandLine } from "../../lib/core/command/command_line.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { pocketFolder } from "../../lib/pipeline/load/pocket_folder.ts";
import { formatSeconds } from "../../lib/core/command/progress.ts";
import { portableName } from "../../lib/core/files/portable_name.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { readConfig, runStage } from "../loop/run_stage.ts";
import { adoptRun, keepRun } from "./kept_runs.ts";
import { loadPocketWorld } from "./objects/pocket_world.ts";
import { studioSprites } from "./studio/studio_scene.ts";
import { writeStudioSheet } from "./studio/studio_sheet.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { choice, text, toggle } from "../../lib/core/command/option.ts";

/** Stages in their order. */
const stages = [
  "vae",
  "vae_detail",
  "clip",
  "clip_latents",
  "unet",
  "unet_finish",
  "detector",
  "evaluation_encoder",
] as const;

/** Folder of the runs. */
const runs = "runs/pocket";

/** Folder of the checkpoints that a fresh checkout goes on from; packages have none. */
const kept = import.meta.url.startsWith("file:")
  ? fileURLToPath(new URL("checkpoints", import.meta.url))
  : undefined;

/** `deno task pocket`. */
export const command = defineCommand({
  usage: [
    "[--only STAGE] [--again | --from DIR]",
    "--keep",
    "--sheet OUT.png [--model MODEL]",
  ],
  about:
    `Trains VAE, CLIP, UNet with LocRef, detector and evaluation encoder, one after the other, into
    runs/pocket/model. The VAE's decoder is trained twice, the second time on detail, and the UNet is,
    the second time with little noise. A stage that is
    done is skipped, one that was interrupted goes on from its last checkpoint, so the same command
    begins and resumes. A fresh checkout goes on from train/pocket/checkpoints, which --keep writes.
    Each stage's config is in train/pocket/configs; mpirun -n 2 deno task train CONFIG.json runs one
    on two processes.`,
  options: {
    only: choice(stages, "train one stage only", {
      value: "STAGE",
    }),
    again: toggle(
      "train stages that are done, or have begun, from nothing once more",
    ),
    from: text(
      "DIR",
      "take VAE and CLIP from this model and train its UNet on, such as models/pocket",
    ),
    keep: toggle(
      "write results, or last checkpoints, and logs of the runs into train/pocket/checkpoints instead",
    ),
    sheet: text(
      "FILE",
      "draw held-out scenes instead: first reference, composite image, result, truth",
    ),
    model: text("MODEL", "model of the sheet", { default: "pocket" }),
  },
  async main({ only, again, from, keep, sheet, model: name }) {
    if (keep) return await keepAll();
    if (sheet !== undefined) {
      formatOfPath(sheet);
      await checkOutputFile(sheet);
      await using model = await loadModel(name);
      const world = await loadPocketWorld(studioSprites);
      await writeStudioSheet(model, world, { path: sheet });
      console.log(sheet);
      return 0;
    }
    await checkOutputFolder(runs);
    if (from !== undefined) await adopt(from);
    for (const name of stages) {
      if (only !== undefined && only !== name) continue;
      const start = name === "unet" ? from : undefined;
      // what follows on another model is not what is kept
      const useKept = from === undefined;
      if (!await runOne(name, { again, useKept, start })) return 1;
    }
    return 0;
  },
});

/** Keeps all runs where a fresh checkout finds them. */
async function keepAll(): Promise<number> {
  if (kept === undefined) {
    throw new UsageError("Option --keep needs a checkout of the sources");
  }
  for (const name of stages) {
    if (await keepRun(name, { runs, kept })) console.log(name);
  }
  return 0;
}

/** Makes the parts of a model that come before the UNet those of the runs, their stages being done. */
async function adopt(folder: string): Promise<void> {
  const parts = ["vae", "image_encoder", "text_encoder", "tokenizer"];
  for (const part of parts) {
    await cp(join(folder, part), join(runs, "model", part), {
      recursive: true,
    });
  }
  for (const name of ["vae", "vae_detail", "clip", "clip_latents"]) {
    const done = join(runs, name, "done.json");
    await writeFileAtomically(
      done,
      `${JSON.stringify({ from: portableName(folder) })}\n`,
    );
  }
}

async function runOne(
  name: string,
  options: { again: boolean; useKept: boolean; start?: string },
): Promise<boolean> {
  const file = await assetFile(`train/pocket/configs/${name}.json`);
  const { stage, config: written } = await readConfig(file);
  const { start: from } = options;
  const config = from === undefined ? written : { ...written, start: from };
  const done = join(config.out, "done.json");
  const adopted = kept === undefined || options.again || !options.useKept
    ? undefined
    : await adoptRun(name, { runs, kept, shipped: await pocketFolder() });
  if (existsSync(done) && !options.again) {
    const where = adopted === "done" ? ", its result is kept" : "";
    console.log(`${name}: done before${where}`);
    return true;
  }
  console.log(`${name}: ${config.steps} steps of ${config.batch}`);
  if (options.again) await rm(config.out, { recursive: true, force: true });
  if (adopted === "begun") {
    console.log(`${name}: goes on from its checkpoint in train/pocket`);
  }
  const start = performance.now();
  const { step, finished, result } = await runStage(stage, config, {
    resume: true,
    resumeCommand: commandLine("pocket"),
  });
  const took = formatSeconds((performance.now() - start) / 1000);
  console.log(
    `${name}: ${finished ? "done" : "stopped"} at step ${step} after ${took}`,
  );
  if (finished) {
    await Deno.writeTextFile(done, `${JSON.stringify({ step, result })}\n`);
  }
  return finished;
}
