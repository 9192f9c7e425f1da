import { readdir, readFile } from "node:fs/promises";

/** What a process used so far, by the kernel's own records; Linux only. */
export interface ProcessUsage {
  /** The most memory that it ever held, in bytes. */
  readonly peakBytes: number;
  /** Bytes of its memory now that are of no file. */
  readonly ownBytes: number;
  /** Processor time of all its threads. */
  readonly cpuSeconds: number;
}

/** What a process used while it was watched. */
export interface WatchedUsage {
  /** The most memory that it held with all that it started: of ranks of mpirun the sum. */
  readonly peakBytes: number;
  /** The most of it that was of no file. */
  readonly ownPeakBytes: number;
  /** Processor time of all its threads. */
  readonly cpuSeconds: number;
}

/** Clock ticks of a second in `/proc`, on every Linux that Deno runs on. */
const ticks = 100;

/** Returns `undefined` where the process has ended, or the system keeps no such records. */
export async function processUsage(
  pid: number,
): Promise<ProcessUsage | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      .slice(11, 13).map(Number);
    const bytes = (name: string) =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)![1]) * 1024;
    return {
      peakBytes: bytes("VmHWM"),
      ownBytes: bytes("RssAnon"),
      cpuSeconds: (user! + system!) / ticks,
    };
  } catch {
    return undefined;
  }
}

/** The processes that a process started, and those that these did. */
async function startedBy(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) =>
      readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")
    ),
  );
  const children = lists.join(" ").split(" ").filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(startedBy))).flat()];
}

/** A process that is watched until it ends. */
export interface ProcessWatch {
  /** What it used until now. */
  read(): Promise<WatchedUsage | undefined>;
  /** What it used until at most an interval before its end. */
  end(): WatchedUsage | undefined;
}

/** Watches a process, and all that it starts, every `interval` ms. */
export function watchProcess(pid: number, interval = 20): ProcessWatch {
  let last: WatchedUsage | undefined;
  const read = async () => {
    const [own, ...others] = await Promise.all(
      [pid, ...await startedBy(pid)].map(processUsage),
    );
    if (own === undefined) return last;
    const all = [own, ...others.filter((one) => one !== undefined)];
    const sum = (key: "peakBytes" | "ownBytes") =>
      all.reduce((total, one) => total + one[key], 0);
    return last = {
      peakBytes: Math.max(sum("peakBytes"), last?.peakBytes ?? 0),
      ownPeakBytes: Math.max(sum("ownBytes"), last?.ownPeakBytes ?? 0),
      cpuSeconds: own.cpuSeconds,
    };
  };
  const timer = setInterval(read, interval);
  return {
    read,
    end() {
      clearInterval(timer);
      return last;
    },
  };
}
