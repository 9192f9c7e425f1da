import { readFile } from "node:fs/promises";

/** What a process used so far, by the kernel's own records; Linux only. */
export interface ProcessUsage {
  /** The most memory that it ever held, in bytes. */
  readonly peakBytes: number;
  /** Processor time of all its threads. */
  readonly cpuSeconds: number;
}

/** Clock ticks of a second in `/proc`, on every Linux that Deno runs on. */
const ticks = 100;

/** Answers `undefined` where the process has ended, or the system keeps no such records. */
export async function processUsage(
  pid: number,
): Promise<ProcessUsage | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      .slice(11, 13).map(Number);
    return {
      peakBytes: Number(/VmHWM:\s+(\d+)/.exec(status)![1]) * 1024,
      cpuSeconds: (user! + system!) / ticks,
    };
  } catch {
    return undefined;
  }
}

/** Watches a process until it ends; what it used last was at most `interval` ms before its end. */
export function watchProcess(
  pid: number,
  interval = 20,
): { end(): ProcessUsage | undefined } {
  let last: ProcessUsage | undefined;
  const timer = setInterval(async () => {
    last = await processUsage(pid) ?? last;
  }, interval);
  return {
    end() {
      clearInterval(timer);
      return last;
    },
  };
}
