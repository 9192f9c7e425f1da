/** Run by mpirun: rank 1 comes late to an exchange, while rank 0 counts what else it gets done. */

import { openRanks } from "../../train/ranks/mpi.ts";

const ranks = openRanks();
let ticks = 0;
const timer = setInterval(() => ticks++, 10);
if (ranks.rank === 1) await new Promise((resolve) => setTimeout(resolve, 1000));
// more than one piece, so that pieces are put together, too
const values = new Float32Array(2 ** 22 + 3).fill(ranks.rank + 1);
const before = ticks;
await ranks.sum(values);
await ranks.barrier();
clearInterval(timer);
if (ranks.rank === 0) {
  const right = values.every((value) => value === 3);
  console.log(JSON.stringify({ right, ticks: ticks - before }));
}
ranks.close();
