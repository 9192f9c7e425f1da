/** Processor seconds of this rank's pocket steps on `onnx`, one thread: BATCH of a rank, ROUNDS. */

import process from "node:process";
import { openRanks } from "../../train/ranks/mpi.ts";
import { pocketStep } from "./pocket_step.ts";

const [batch, rounds] = Deno.args.map(Number) as [number, number];
const ranks = openRanks();
const step = await pocketStep({
  ...{ backend: "onnx", model: "models/pocket", threads: 1 },
  batch: batch * ranks.size,
  ranks,
});
await step();
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  await ranks.barrier();
  const before = process.cpuUsage();
  await step();
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / 1e6);
}
if (ranks.rank === 0) console.log(Math.min(...times));
ranks.close();
