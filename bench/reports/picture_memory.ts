import { readFile } from "node:fs/promises";
import { contenders } from "../contenders.ts";
import type { Report } from "../report.ts";
import { prepareSdxlModel, sdxlModel } from "../sdxl_model.ts";

/** Memory of a whole process that makes one picture of SDXL's size. */
export const pictureMemoryReport: Report = {
  name: "sdxl-memory",
  summary:
    "one picture of SDXL's size as a whole process, random weights in half precision: both text encoders, the UNet, the VAE",
  named: true,
  prepare: prepareSdxlModel,
  async run({ threads, peers, onProgress, against = [], rounds = 1 }) {
    const rows: string[][] = [];
    const taken = takeMemory();
    for (const [label, ...args] of pictures) {
      if (!against.every((text) => label!.includes(text))) continue;
      onProgress(label!);
      for (let i = 0; i < rounds; i++) {
        const command = ["large_picture", "--model", sdxlModel, ...args];
        const { ours } = contenders({ threads, peers });
        const [worker, ...rest] = command as [string, ...string[]];
        const contender = ours(label!, worker, ...rest, "--once");
        rows.push([label!, ...cells(await usageOf(contender.command))]);
      }
    }
    const notes = taken.length > 0
      ? [
        `The bench holds ${
          (taken.length * piece / 1e9).toFixed(1)
        } GB itself, so that the machine has as much memory as one of 16 GB.`,
      ]
      : [];
    const head = ["picture", "time", "peak", "own pages", "mapped pages"];
    return { notes, head, rows };
  },
};

/** Bytes of a machine that has little memory for pictures of this size. */
const laptop = 16e9;

const piece = 2 ** 29;

/** Takes what the machine has more than a laptop. */
function takeMemory(): Uint8Array[] {
  const more = Deno.systemMemoryInfo().total - laptop;
  const pieces = Math.max(0, Math.round(more / piece));
  return Array.from(
    { length: pieces },
    () => new Uint8Array(piece).fill(1), // pages of zeros take no memory
  );
}

/** What each is, and what the worker gets. */
const pictures = [
  [
    "1024×1024, 2 steps under guidance",
    ...["--side", "1024", "--steps", "2", "--guidance", "5"],
    ...["--sampler", "own"],
  ],
  [
    "512×512, Turbo's one step",
    ...["--side", "512", "--steps", "1", "--guidance", "0"],
    ...["--sampler", "euler-a"],
  ],
];

/** Most memory of a process, in kB as the kernel counts it. */
interface Usage {
  readonly seconds: number;
  /** Most of both kinds at once. */
  readonly peak: number;
  /** Most of pages that no file has. */
  readonly own: number;
  /** Most of pages of files. */
  readonly mapped: number;
}

function cells({ seconds, peak, own, mapped }: Usage): string[] {
  const giga = (kilo: number) => `${(kilo * 1024 / 1e9).toFixed(2)} GB`;
  return [`${seconds.toFixed(0)} s`, giga(peak), giga(own), giga(mapped)];
}

/** Runs a program to its end and looks at its memory meanwhile. */
async function usageOf(command: readonly string[]): Promise<Usage> {
  const [program, ...args] = command;
  const began = performance.now();
  const child = new Deno.Command(program!, {
    args,
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  let peak = 0, own = 0, mapped = 0;
  const look = async () => {
    const status = await readFile(`/proc/${child.pid}/status`, "utf8")
      .catch(() => "");
    const read = (key: string) =>
      Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
    peak = Math.max(peak, read("VmHWM"));
    own = Math.max(own, read("RssAnon"));
    mapped = Math.max(mapped, read("RssFile"));
  };
  const timer = setInterval(look, 20);
  const { success } = await child.status;
  clearInterval(timer);
  if (!success) throw new Error(`${command.join(" ")} failed`);
  const seconds = (performance.now() - began) / 1000;
  return { seconds, peak, own, mapped };
}
