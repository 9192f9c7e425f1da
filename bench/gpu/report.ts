import { availableParallelism } from "node:os";
import { openExecutor } from "../../lib/ops/open_executor.ts";
import type { BackendName } from "../../lib/ops/backends.ts";
import { type Contender, type Run, startContender } from "../contender.ts";
import { contenders } from "../contenders.ts";
import type { Report, ReportOptions, ReportTable } from "../report.ts";

/** Backends of GPUs, and the CPU's, beside which they stand. */
const backends: readonly BackendName[] = [
  "onnx-cuda",
  "onnx-webgpu",
  "onnx-dml",
  "onnx-coreml",
];

/** One line of the table. */
interface Measurement {
  readonly what: string;
  readonly backend: string;
  readonly precision: string;
  /** The program, or cases of goldens. */
  readonly contender?: Contender;
  readonly cases?: readonly string[];
}

/** Golden cases, a step, a picture's decoding and a training step, on each GPU's backend. */
export const gpuReport: Report = {
  name: "gpu",
  summary:
    "golden cases, a step of SD 1.5's UNet (batch 2, 64×64 latents), its VAE's decoder and a training step of the pocket, on the backends of GPUs",
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
    const rows: string[][] = [];
    for (const one of measurements(present, options)) {
      options.onProgress(`${one.what}, ${one.backend}, ${one.precision}`);
      const found = await measured(one, options).catch((error) => [
        ...["", "", "", ""],
        `failed: ${reasonIn(String(error.message))}`,
      ]);
      rows.push([one.what, one.backend, one.precision, ...found]);
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

function measurements(
  present: readonly BackendName[],
  { tiny = false, peers }: ReportOptions,
): Measurement[] {
  const threads = availableParallelism();
  const { ours, peer } = contenders({ peers, threads });
  const list: Measurement[] = [];
  const cases = tiny ? ["text", "unet.nonsquare"] : undefined;
  for (const backend of present) {
    for (const precision of ["float32", "float16"]) {
      list.push({ what: "goldens", backend, precision, cases: cases ?? [""] });
    }
  }
  const args = (backend: string, precision: string) => [
    ...["--backend", backend, "--precision", precision],
    ...(tiny ? ["--tiny", "--side", "8"] : []),
  ];
  for (const what of ["step", "vae"]) {
    const on = (backend: string, precision: string) => ({
      ...{ what, backend, precision },
      contender: ours(
        what,
        "../gpu/measure",
        ...["--what", what, ...args(backend, precision)],
      ),
    });
    for (const backend of present) {
      list.push(on(backend, "float32"), on(backend, "float16"));
    }
    list.push(on("onnx", "float32"));
  }
  for (const backend of ["webgpu", "tensorflow-gpu", "onnx"]) {
    const contender = ours(
      "training",
      "train",
      ...["--backend", backend, "--batch", tiny ? "1" : "16"],
    );
    const what = "training step";
    list.push({ what, backend, precision: "float32", contender });
  }
  if (!peers) return list;
  for (const [mode, precision] of torchModes) {
    const contender = peer(
      "torch",
      "gpu_step",
      ...["--mode", mode, "--precision", precision],
    );
    list.push({ what: "step", backend: `torch ${mode}`, precision, contender });
  }
  return list;
}

const torchModes = [
  ["eager", "float32"],
  ["eager", "float16"],
  ["compile", "float16"],
] as const;

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
    inSeconds(running.startSeconds!),
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
