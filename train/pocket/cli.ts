/** `deno task pocket`: the whole pocket family from nothing. */

import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { choiceFlag } from "../../lib/core/usage.ts";
import { assetFile } from "../../lib/core/assets.ts";
import {
  checkOutputFile,
  checkOutputFolder,
} from "../../lib/core/check_output.ts";
import { commandLine } from "../../lib/core/command_line.ts";
import { loadModel } from "../../lib/pipeline/load/load_model.ts";
import { formatSeconds } from "../../lib/core/progress.ts";
import { portableName } from "../../lib/core/portable_name.ts";
import { writeFileAtomically } from "../../lib/core/write_file.ts";
import { readConfig, runStage } from "../loop/run_stage.ts";
import { writeHeldOutSheet } from "./world/held_out_sheet.ts";
import { loadPocketWorld } from "./world/scenes.ts";
import { parseArgs } from "../../lib/core/parse_args.ts";

/** The command's help. */
export const help: string = `
Usage: deno task pocket [--only STAGE] [--again | --from DIR]
       deno task pocket --sheet OUT.png [--model M]

Trains VAE, CLIP, detector, evaluation encoder, and UNet with LocRef, one after the other, into
runs/pocket/model. The UNet is trained twice, the second time on from the averaged weights of the
first. A stage that is done is skipped, one that was interrupted goes on from its last checkpoint, so
the same command begins and resumes. Each stage's config is in train/pocket/configs; mpirun -n 2 deno
task train CONFIG.json runs one on two processes.

  --only STAGE  only this one of vae, clip, detector, evaluation_encoder, unet, unet_again
  --again       train stages that are done, or have begun, from nothing once more
  --from DIR    take VAE and CLIP from this model and train its UNet on, such as
                models/pocket
  --sheet FILE  draw held-out scenes instead: composite image, result, composition
  --model M     the model of the sheet (default pocket)
`;

/** Stages in their order, with what each costs on two cores with nothing else to do. */
const stages = [
  { name: "vae", cost: "20 minutes" },
  { name: "clip", cost: "25 minutes" },
  { name: "detector", cost: "12 minutes" },
  { name: "evaluation_encoder", cost: "12 minutes" },
  { name: "unet", cost: "80 minutes on two processes" },
  { name: "unet_again", cost: "an hour on two processes" },
] as const;

/** Runs the command and returns its exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string" },
      again: { type: "boolean", default: false },
      from: { type: "string" },
      sheet: { type: "string" },
      model: { type: "string", default: "pocket" },
    },
  });
  if (values.sheet !== undefined) {
    await checkOutputFile(values.sheet);
    await using model = await loadModel(values.model);
    await writeHeldOutSheet(model, await loadPocketWorld(), {
      path: values.sheet,
    });
    console.log(values.sheet);
    return 0;
  }
  const names = stages.map(({ name }) => name);
  const only = choiceFlag("only", values.only, names);
  const wanted = stages.filter(({ name }) =>
    only === undefined || only === name
  );
  await checkOutputFolder("runs/pocket");
  if (values.from !== undefined) await adopt(values.from);
  for (const { name, cost } of wanted) {
    const finished = await runOne(name, {
      cost,
      again: values.again,
      start: name === "unet" ? values.from : undefined,
    });
    if (!finished) return 1;
  }
  return 0;
}

/** Makes the parts of a model that come before the UNet those of the runs, their stages being done. */
async function adopt(folder: string): Promise<void> {
  const parts = ["vae", "image_encoder", "text_encoder", "tokenizer"];
  for (const part of parts) {
    await cp(join(folder, part), join("runs/pocket/model", part), {
      recursive: true,
    });
  }
  for (const name of ["vae", "clip"]) {
    const done = join("runs/pocket", name, "done.json");
    await writeFileAtomically(
      done,
      `${JSON.stringify({ from: portableName(folder) })}\n`,
    );
  }
}

async function runOne(
  name: string,
  options: { cost: string; again: boolean; start?: string },
): Promise<boolean> {
  const file = await assetFile(`train/pocket/configs/${name}.json`);
  const { stage, config: written } = await readConfig(file);
  const { start: from } = options;
  const config = from === undefined ? written : { ...written, start: from };
  const done = join(config.out, "done.json");
  if (existsSync(done) && !options.again) {
    console.log(`${name}: done before`);
    return true;
  }
  console.log(
    `${name}: ${config.steps} steps of ${config.batch}, ${options.cost}`,
  );
  if (options.again) await rm(config.out, { recursive: true, force: true });
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
