/** Run by mpirun: seconds of a sum over all ranks, the fastest of some, by the number of values. */

import process from "node:process";
import { openRanks } from "../../train/ranks/mpi.ts";

const rounds = 7;

const ranks = openRanks();
const found: { bytes: number; seconds: number }[] = [];
for (const count of Deno.args.map(Number)) {
  const values = new Float32Array(count).fill(1);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    values.fill(1);
    await ranks.barrier();
    const before = process.cpuUsage();
    await ranks.sum(values);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1e6);
  }
  found.push({ bytes: 4 * count, seconds: Math.min(...times.slice(1)) });
}
if (ranks.rank === 0) console.log(JSON.stringify(found));
ranks.close();
