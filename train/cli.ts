/** `deno task train`. */

import { defineCommand } from "../lib/core/command/command.ts";
import {
  argument,
  choice,
  needed,
  repeated,
  text,
  toggle,
} from "../lib/core/command/option.ts";
import { UsageError } from "../lib/core/command/usage.ts";
import { importPackage } from "../lib/core/packages/import_package.ts";
import {
  checkOutputFile,
  checkOutputFolder,
} from "../lib/core/files/check_output.ts";
import { meantBackend } from "../lib/ops/backends.ts";
import { commandLine } from "../lib/core/command/command_line.ts";
import { nextCommand } from "../lib/core/command/next_command.ts";
import type { LocrefConfig } from "./locref/locref_config.ts";
import { trainingBackends } from "./loop/training_config.ts";
import { writeLossPlot } from "./log/plot.ts";
import { readConfig, runStage } from "./loop/run_stage.ts";
import { stageNames } from "./loop/stages.ts";

/** `deno task train`. */
export const command = defineCommand({
  usage: [
    "CONFIG.json [--resume] [--device NAME]",
    "--plot OUT.svg RUN…",
  ],
  about:
    `Trains what CONFIG.json describes (see train/configs) and prints the complete config, then how
    the run ended. Ctrl-C finishes the step, saves, and says how to go on. The config's \`stage\` is
    one of ${stageNames().join(", ")}.`,
  options: {
    files: needed(repeated(
      argument("CONFIG.json", "config, or folders of runs for --plot"),
    )),
    resume: toggle("go on from the run's last checkpoint, if there is one"),
    device: choice(
      ["auto", ...trainingBackends],
      "what training runs on, in place of the config's backend",
      {
        meant: (given) => meantBackend(given, ["auto", ...trainingBackends]),
      },
    ),
    check: toggle(
      "check the config and print it back complete, without training",
    ),
    plot: text("OUT.svg", "draw the loss curves of run folders instead"),
  },
  notes:
    `On several processes: mpirun -n 2 deno task train CONFIG.json. The config's batch is shared
    among them, and the losses are those of one process.`,
  async main({ files, resume, device, check, plot }) {
    if (plot !== undefined) {
      await checkOutputFile(plot);
      await writeLossPlot(plot, files);
      console.log(plot);
      return 0;
    }
    const [file, other] = files;
    if (other !== undefined) {
      throw new UsageError(`One CONFIG.json is expected, got ${files.length}`);
    }
    return await train(file!, { resume, device, check });
  },
});

async function train(
  file: string,
  { check, device, resume }: {
    readonly check: boolean;
    readonly device?: "auto" | typeof trainingBackends[number];
    readonly resume: boolean;
  },
): Promise<number> {
  const { stage, config } = await readConfig(file);
  if (isFirst()) console.log(JSON.stringify(config, null, 2));
  if (check) return 0;
  await checkOutputFolder(config.out);
  await importPackage("sharp"); // refused before the run's folder is made
  const { step, finished, result } = await runStage(stage, config, {
    ...{ device, resume },
    resumeCommand: commandLine(`train ${file} --resume`),
  });
  if (!isFirst()) return 0;
  console.log(JSON.stringify({ step, finished, result }));
  const next = finished ? nextAfter(config, result) : undefined;
  if (next !== undefined) console.error(next);
  return 0;
}

/** The next command after training an adapter; other stages have their own order. */
function nextAfter(config: unknown, result: unknown): string | undefined {
  const { adapter } = (result ?? {}) as { adapter?: string };
  const { model } = config as { model?: LocrefConfig["model"] };
  if (adapter === undefined || model === undefined) return undefined;
  return nextCommand("make a picture with it", [
    ...["generate", "SCENE.json", "--base", model.base],
    ...["--image-encoder", model.imageEncoder, "--adapter", adapter],
  ]);
}

/** Whether this process is alone or the first of mpirun's. */
function isFirst(): boolean {
  return (Deno.env.get("PMI_RANK") ?? "0") === "0";
}
