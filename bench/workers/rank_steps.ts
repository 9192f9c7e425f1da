/**
 * Processor seconds of this rank's training steps on `onnx`, one thread: MODEL (pocket or adapter),
 * BATCH of a rank, ROUNDS. Prints those of the fastest step, and of the fastest exchange alone.
 */

import process from "node:process";
import { openRanks } from "../../train/ranks/mpi.ts";
import { adapterCase } from "./adapter_step.ts";
import { pocketCase } from "./pocket_step.ts";
import { trainingStep } from "./training_step.ts";

const [model, ...counts] = Deno.args;
const [batch, rounds] = counts.map(Number) as [number, number];

function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const ranks = openRanks();
const exchanges: number[] = [];
const step = await trainingStep({
  ...model === "pocket"
    ? await pocketCase("models/pocket", batch)
    : await adapterCase({ batch }),
  backend: "onnx",
  threads: 1,
  ranks: {
    ...{ rank: ranks.rank, size: ranks.size },
    ...{ localRank: ranks.localRank, localSize: ranks.localSize },
    barrier: () => ranks.barrier(),
    close: () => ranks.close(),
    abort: (code) => ranks.abort(code),
    async sum(values) {
      await ranks.barrier(); // waiting for the other rank is no exchange
      const before = process.cpuUsage();
      await ranks.sum(values);
      if (values.length > 1000) exchanges.push(since(before));
    },
  },
});
await step();
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  await ranks.barrier();
  const before = process.cpuUsage();
  await step();
  times.push(since(before));
}
if (ranks.rank === 0) {
  const fastest = (all: number[]) => all.length > 0 ? Math.min(...all) : 0;
  console.log(JSON.stringify({
    step: fastest(times),
    exchange: fastest(exchanges.slice(1)),
  }));
}
ranks.close();
Deno.exit(0);
