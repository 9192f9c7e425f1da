import { join } from "node:path";

/** One event of onnxruntime's profile. */
interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly ts: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/**
 * Lines with the time of each operator in the last run of the profile that lies in `folder`, longest
 * first, and of its longest nodes.
 */
export async function timesByOperator(folder: string): Promise<string[]> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const file = names.find((name) => name.endsWith(".json"));
  if (file === undefined) throw new Error("No profile was written");
  const events: ProfileEvent[] = JSON.parse(
    await Deno.readTextFile(join(folder, file)),
  );
  const last = events.findLast(({ name }) => name === "model_run")!;
  const nodes = events.filter(({ cat, name, ts }) =>
    cat === "Node" && name.endsWith("_kernel_time") && ts >= last.ts &&
    ts <= last.ts + last.dur
  );
  const table = new Map<string, { count: number; time: number }>();
  for (const { dur, args } of nodes) {
    const provider = args?.provider?.replace("ExecutionProvider", "") ?? "";
    const key = `${args?.op_name} ${provider}`;
    const { count, time } = table.get(key) ?? { count: 0, time: 0 };
    table.set(key, { count: count + 1, time: time + dur });
  }
  const milliseconds = (time: number) => `${(time / 1000).toFixed(2)} ms`;
  const sum = nodes.reduce((all, { dur }) => all + dur, 0);
  return [
    `one run of ${nodes.length} nodes: ${milliseconds(last.dur)}, ` +
    `${milliseconds(sum)} of it in nodes`,
    ...[...table].sort((a, b) => b[1].time - a[1].time).map((
      [name, { count, time }],
    ) =>
      `${milliseconds(time).padStart(12)} ${String(count).padStart(5)} ${name}`
    ),
    "the longest nodes:",
    ...nodes.toSorted((a, b) => b.dur - a.dur).slice(0, 12).map((
      { name, dur },
    ) =>
      `${milliseconds(dur).padStart(12)} ${name.replace("_kernel_time", "")}`
    ),
  ];
}
