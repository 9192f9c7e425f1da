import { prepareUnet } from "../large_models.ts";
import type { Report, ReportTable } from "../report.ts";
import { workerOutput } from "./worker_output.ts";

/** What it takes to exchange the gradients of the upper part while the lower part runs. */
export const cutReport: Report = {
  name: "training-cut",
  summary:
    "a training step's graph as one, and cut in two so that an exchange may run beside the second",
  named: true,
  prepare: prepareUnet,
  run: ({ rounds, onProgress }) => cutTimes(rounds, onProgress),
};

const cases = [
  ...[0.5, 0.9, 0.97].map((share) => ({ model: "pocket", batch: 8, share })),
  ...[0.5, 0.9].map((share) => ({ model: "adapter", batch: 1, share })),
];

interface Found {
  readonly whole: number;
  readonly first: number;
  readonly second: number;
  /** Bytes of all gradients, of the first part's, and of the values that it hands to the second. */
  readonly bytes: number;
  readonly early: number;
  readonly handed: number;
  /** Outputs that differ from those of the whole graph. */
  readonly unequal: number;
}

async function cutTimes(
  rounds: number | undefined,
  onProgress: (text: string) => void,
): Promise<ReportTable> {
  const rows: string[][] = [];
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
  const ms = (seconds: number) => (1000 * seconds).toFixed(0);
  for (const { model, batch, share } of cases) {
    onProgress(`${model}, ${share}`);
    const often = rounds ?? (model === "pocket" ? 8 : 2);
    const args = [model, batch, share, often];
    const found: Found = JSON.parse(await workerOutput("cut_step", args));
    const { whole, first, second } = found;
    const more = first + second - whole;
    // what is hidden is the exchange of the first part, which two ranks pass on once
    const pays = second > more
      ? more > 0 ? `${megabytes(found.early / more)} MB/s` : "any"
      : "none";
    rows.push([
      `${model}, batch ${batch}`,
      ...[found.bytes, found.early, found.handed].map(megabytes),
      ...[whole, first, second, more].map(ms),
      ...[pays, ms(Math.max(0, second - more)), String(found.unequal)],
    ]);
  }
  return {
    notes: [
      "One thread, processor time in ms, bytes in MB. Two ranks pass on each byte once.",
    ],
    head: [
      ...["model", "gradients", "of the first", "handed over"],
      ...["whole", "first", "second", "more than whole"],
      ...["pays on lines below", "gains at most", "unequal outputs"],
    ],
    rows,
  };
}
