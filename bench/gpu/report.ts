import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { type Run, startContender } from "../contender.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";
import { type Measurement, measurements } from "./measurements.ts";

/** Backends of GPUs. */
const backends: readonly BackendName[] = [
  "onnx-cuda",
  "onnx-webgpu",
  "onnx-dml",
  "onnx-coreml",
];

/** Opening, golden cases, steps, a picture's decoding and a training step, on each GPU's backend. */
export const gpuReport: Report = {
  name: "gpu",
  summary:
    "opening, golden cases, a step of the UNets of SD 1.5 and SDXL (batch 2), the VAE's decoder and a training step of the pocket, on the backends of GPUs",
  named: true,
  async run(options: ReportOptions): Promise<ReportTable> {
    const present: BackendName[] = [], notes: string[] = [];
    for (const name of backends) {
      try {
        await (await openExecutor(name)).executor.dispose();
        present.push(name);
      } catch (error) {
        notes.push((error as Error).message);
      }
    }
    const opened = await openExecutor("auto");
    const refused = opened.tried.filter(({ name }) => present.includes(name));
    notes.push(
      [
        `\`auto\` takes ${opened.name} here`,
        ...refused.map((one) => one.reason),
      ]
        .join("; "),
    );
    await opened.executor.dispose();
    const rows: string[][] = [];
    for (const one of measurements(present, options)) {
      const found = await measured(one, options).catch((error) => [
        ...["", "", "", ""],
        `failed: ${reasonIn(String(error.message))}`,
      ]);
      const row = [one.what, one.backend, one.precision, ...found];
      options.onProgress(row.join(" | ")); // kept where the time ends before the table
      rows.push(row);
    }
    return {
      notes,
      head: [
        ...["what", "backend", "precision", "median", "fastest", "start"],
        ...["peak of the process", "result"],
      ],
      rows,
    };
  },
};

/** Median, fastest, start, peak and result of a measurement. */
async function measured(
  one: Measurement,
  { rounds = 5 }: ReportOptions,
): Promise<string[]> {
  if (one.cases !== undefined) return await goldens(one);
  const running = await startContender(one.contender!);
  const runs: (Run & { rms?: number })[] = [];
  for (let i = 0; i < rounds; i++) runs.push(await running.run());
  const peak = await running.stop();
  const times = runs.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const rms = runs[0]!.rms;
  return [
    inSeconds(times[times.length >> 1]!),
    inSeconds(times[0]!),
    running.startSeconds === undefined ? "" : inSeconds(running.startSeconds),
    peak === undefined ? "–" : `${(peak / 1e9).toFixed(2)} GB`,
    rms === undefined ? "" : `rms ${rms.toPrecision(7)}`,
  ];
}

async function goldens(
  { backend, precision, cases }: Measurement,
): Promise<string[]> {
  const began = performance.now();
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "tools/golden/cli.ts", "--built"],
      ...["--json", "--backend", backend, "--precision", precision],
      ...cases!.flatMap((name) => name === "" ? [] : ["--case", name]),
    ],
  }).output();
  const text = new TextDecoder();
  const rows: { ok: boolean; error: number | null }[] = JSON.parse(
    text.decode(stdout) || "[]",
  );
  if (rows.length === 0) throw new Error(text.decode(stderr).trim());
  const agree = rows.filter(({ ok }) => ok).length;
  const worst = Math.max(...rows.map(({ error }) => error ?? Infinity));
  return [
    ...["", "", inSeconds((performance.now() - began) / 1000), ""],
    `${agree} of ${rows.length} agree, largest error ${worst.toExponential(1)}`,
  ];
}

/** The line of a process's last ones that says why it ended. */
function reasonIn(lines: string): string {
  const plain = lines.replaceAll(/\p{Cc}\[[\d;]*m/gu, "").split("\n");
  const line = plain.find((one) => /Error: /.test(one)) ?? plain.at(-1) ?? "";
  return line.replace(/^.*?(\w*Error: )/, "$1").replaceAll("|", "/").trim();
}

function inSeconds(value: number): string {
  return value < 1
    ? `${(value * 1000).toPrecision(3)} ms`
    : `${value.toPrecision(3)} s`;
}
