/**
 * `deno run -A bench/endurance/cli.ts`: many pictures in one process, some of them aborted and
 * models freed under their runs; exits with 1 where memory grows.
 */

import { defineCommand } from "../../lib/core/command/command.ts";
import { choice, number, whole } from "../../lib/core/command/option.ts";
import { backendNames } from "../../lib/ops/backends.ts";
import { runProgram } from "../../tools/run_program.ts";
import { describeMachine } from "../machine.ts";
import { endure, type Turn } from "./endure.ts";
import { growth } from "./growth.ts";

/** Turns of which memory is compared: fewer are all warming up. */
const fewest = 40;

const command = defineCommand({
  about:
    `Makes pictures of one step in one process. Of twenty turns, one aborts its picture, one aborts
    another picture between its steps, and three free models under their runs, twice and out of
    order. Every picture must be the first one of its seed again, and memory must not grow.`,
  options: {
    backend: choice(["auto", ...backendNames], "backend", {
      default: "onnx-webgpu",
    }),
    pictures: whole("number of turns, each with one picture", {
      ...{ min: 1, default: 200 },
    }),
    every: whole("turns after which memory is printed", {
      ...{ min: 1, default: 20 },
    }),
    growth: number(
      "part by which memory may grow from the second quarter of the turns to the last",
      { min: 0, default: 0.05 },
    ),
  },
  notes: `Memory is compared from ${fewest} turns on.`,
  async main({ backend, pictures, every, growth: most }) {
    console.log(await describeMachine());
    const turns = await endure({
      ...{ backend, pictures },
      onTurn(turn) {
        const last = turn.turn + 1 === pictures;
        if ((turn.turn + 1) % every === 0 || last) console.log(lineOf(turn));
      },
    });
    for (const end of ["picture", "aborted", "disposed"] as const) {
      const runs = turns.flatMap(({ ends }) => ends);
      const count = runs.filter((one) => one === end).length;
      console.log(`${count} of ${runs.length} runs ended: ${end}`);
    }
    if (pictures < fewest) return 0;
    const grown = growth(turns.map(({ memory }) => memory));
    console.log(`memory grew by ${(100 * grown).toFixed(1)} %`);
    return grown > most ? 1 : 0;
  },
});

function lineOf({ turn, ms, memory }: Turn): string {
  return `${turn + 1} turns, the last took ${(ms / 1000).toFixed(1)} s, ${
    (memory / 1e6).toFixed(0)
  } MB`;
}

if (import.meta.main) {
  Deno.exit(await runProgram("bench:endurance", command, Deno.args));
}
