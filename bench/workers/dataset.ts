/** Builds a data set of copied COCO pictures, from nothing, in this process or under mpirun. */

import { rm } from "node:fs/promises";
import { parseArgs } from "node:util";
import { serve } from "./serve.ts";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "2" },
    pictures: { type: "string", default: "5000" },
    ranks: { type: "string" },
  },
});
const { threads, pictures, ranks } = values;
const folder = `.cache/bench/coco-${pictures}`;
const out = `.cache/bench/dataset-${ranks ?? "alone"}`;
const args = [
  ...["--coco", `${folder}/instances.json`, "--images", `${folder}/images`],
  ...["-o", out],
];

async function underMpi(count: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("mpirun", {
    args: [
      ...["-bind-to", "core", "-n", count],
      ...[Deno.execPath(), "run", "-A", "--no-check", "cli.ts"],
      ...["dataset", "build", ...args, "--threads", "1"],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

await serve(async () => {
  await rm(out, { recursive: true, force: true });
  if (ranks !== undefined) {
    await underMpi(ranks);
    return { cpuSeconds: undefined }; // other processes did the work
  }
  const { buildCommand } = await import("../../train/dataset/cli_build.ts");
  const log = console.log;
  console.log = () => {};
  try {
    await buildCommand().run([...args, "--threads", threads]);
  } finally {
    console.log = log;
  }
});
