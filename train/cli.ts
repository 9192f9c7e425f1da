/** `deno task train`. */

import { parseArgs } from "../lib/core/parse_args.ts";
import { choiceFlag, UsageError } from "../lib/core/usage.ts";
import { importPackage } from "../lib/core/packages/import_package.ts";
import {
  checkOutputFile,
  checkOutputFolder,
} from "../lib/core/check_output.ts";
import { commandLine } from "../lib/core/command_line.ts";
import { nextCommand } from "../lib/core/next_command.ts";
import type { LocrefConfig } from "./locref/locref_config.ts";
import { trainingBackends } from "./loop/config.ts";
import { writeLossPlot } from "./log/plot.ts";
import { readConfig, runStage } from "./loop/run_stage.ts";

/** The command's help. */
export const help = `
Usage: deno task train CONFIG.json [--resume] [--device NAME]
       deno task train --plot OUT.svg RUN…

Trains what CONFIG.json describes (see train/configs) and prints the complete config, then how the
run ended. Ctrl-C finishes the step, saves, and says how to go on.

  --resume       go on from the run's last checkpoint, if there is one
  --device NAME  auto, ${trainingBackends.join(", ")}, in place of the config's
  --check        check the config and print it back complete, without training
  --plot OUT.svg draw the loss curves of the run folders RUN… instead

On several processes: mpirun -n 2 deno task train CONFIG.json. The config's batch is shared among
them, and the losses are those of one process.
`;

/** Runs the command and returns its exit code. */
export async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      resume: { type: "boolean", default: false },
      device: { type: "string" },
      check: { type: "boolean", default: false },
      plot: { type: "string" },
    },
  });
  if (values.plot !== undefined) return await plot(values.plot, positionals);
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) {
    throw new UsageError(
      `One config file is expected, got ${positionals.length}`,
    );
  }
  const device = choiceFlag("device", values.device, [
    "auto",
    ...trainingBackends,
  ]);
  const { stage, config } = await readConfig(file);
  if (isFirst()) console.log(JSON.stringify(config, null, 2));
  if (values.check) return 0;
  await checkOutputFolder(config.out);
  await importPackage("sharp"); // refused before the run's folder is made
  const { step, finished, result } = await runStage(stage, config, {
    device,
    resume: values.resume,
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

async function plot(out: string, runs: readonly string[]): Promise<number> {
  if (runs.length === 0) throw new UsageError("--plot needs a run's folder");
  await checkOutputFile(out);
  await writeLossPlot(out, runs);
  console.log(out);
  return 0;
}
