import { prepareUnet } from "../large_models.ts";
import type { Report, ReportTable } from "../report.ts";
import { workerOutput } from "./worker_output.ts";

/** Time until a training can take its first step. */
export const compileReport: Report = {
  name: "training-compile",
  summary:
    "compiling a training step, on a machine that never did, and once more",
  named: true,
  prepare: prepareUnet,
  run: ({ threads, onProgress }) => compileTimes(threads, onProgress),
};

const models = {
  pocket: "pocket UNet with LocRef, batch 16",
  adapter: "LocRef's adapter on SD 1.5's size, 256², batch 1",
};

interface Found {
  readonly compile: number;
  readonly later: number;
  readonly sinceStart: number;
}

async function compileTimes(
  threads: number,
  onProgress: (text: string) => void,
): Promise<ReportTable> {
  const rows: string[][] = [];
  for (const [model, title] of Object.entries(models)) {
    const cache = await Deno.makeTempDir();
    try {
      for (const time of ["first", "second"]) {
        onProgress(`${model}, ${time} time`);
        const found: Found = JSON.parse(
          await workerOutput("compile_step", [model, String(threads)], {
            env: { XDG_CACHE_HOME: cache },
          }),
        );
        const { compile, sinceStart, later } = found;
        const numbers = [compile, sinceStart, later];
        rows.push([title, time, ...numbers.map((one) => one.toFixed(1))]);
      }
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  }
  return {
    notes: [
      "Seconds by the clock, each line a process of its own. The second finds what the first kept.",
    ],
    head: [
      "step",
      "time",
      "compiling",
      "from the program's start to the end of the first step",
      "a later step",
    ],
    rows,
  };
}
