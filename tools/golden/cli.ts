/** `deno task golden`: every model beside the reference libraries. */

import { defineCommand } from "../../lib/core/command/command.ts";
import {
  argument,
  choice,
  repeated,
  text,
  toggle,
} from "../../lib/core/command/option.ts";
import { meantPrecision, precisions } from "../../lib/ops/gpu/precision.ts";
import { runProgram } from "../run_program.ts";
import type { GoldenRow } from "./golden_case.ts";
import { goldenBackendNames, runGoldens } from "./run_goldens.ts";

const command = defineCommand({
  about:
    `Runs every golden case of DIR on every installed backend and prints the errors. The models and
    all sizes come from DIR's files.`,
  options: {
    folder: argument("DIR", "folder of golden files", {
      default: "tests/goldens",
    }),
    backend: repeated(choice(
      goldenBackendNames,
      "backend; onnx-winograd is onnx with all convolutions in the form that large ones take",
    )),
    precision: choice(
      precisions,
      "what models compute in; in float16 one evaluation may err by 2e-2, and loops must be finite",
      { default: "float32", meant: meantPrecision },
    ),
    case: repeated(
      text("PREFIX", "only the cases whose name begins with PREFIX"),
    ),
    built: toggle(
      "only the cases that code runs; without it, a case that DIR holds and no code runs fails",
    ),
    json: toggle(
      "an array of {case, backend, error, bound, ok}; errors that are no number are null",
    ),
  },
  notes: "Exits with 1 if a case fails or a requested backend is missing.",
  async main(
    { folder, backend: backends, precision, case: only, built, json },
  ) {
    const { rows, missing } = await runGoldens(folder, {
      ...{
        backends,
        precision,
        only,
        built,
        onRow: json ? undefined : printRow,
      },
    });
    if (json) console.log(JSON.stringify(rows));
    else report(rows);
    for (const { name, reason } of missing) {
      console.error(`Backend ${name} is missing: ${reason}`);
    }
    const failed = rows.some((row) => !row.ok) || rows.length === 0;
    return failed || (backends !== undefined && missing.length > 0) ? 1 : 0;
  },
});

if (import.meta.main) {
  Deno.exit(await runProgram("golden", command, Deno.args));
}

function printRow(row: GoldenRow): void {
  const error = row.error === null ? "–" : row.error.toExponential(1);
  const verdict = row.ok ? "ok" : `FAILED ${row.reason ?? ""}`;
  const backend = row.precision === undefined
    ? row.backend
    : `${row.backend} f16`;
  const bound = row.bound === Number.MAX_VALUE
    ? "finite"
    : row.bound.toExponential(0).padEnd(6);
  console.log(
    `${row.case.padEnd(34)}${backend.padEnd(16)}${
      error.padStart(8)
    }  ≤ ${bound}  ${verdict}`,
  );
}

function report(rows: readonly GoldenRow[]): void {
  const failed = rows.filter((row) => !row.ok).length;
  console.log(`${rows.length - failed} of ${rows.length} cases agree`);
}
