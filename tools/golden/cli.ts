/** `deno task golden`: every model beside the reference libraries. */

import { parseArgs } from "../../lib/core/parse_args.ts";
import { UsageError, usageMessage } from "../../lib/core/usage.ts";
import type { GoldenRow } from "./golden_case.ts";
import {
  type GoldenBackend,
  goldenBackendNames,
  runGoldens,
} from "./run_goldens.ts";

const help = `
Usage: deno task golden [DIR] [--backend NAME] [--case PREFIX] [--json]

Runs every golden case of DIR on every backend that is there and prints the errors. The models and
all sizes come from DIR's files.

  DIR             folder of golden files (default tests/goldens)
  --backend NAME  one of ${
  goldenBackendNames.join(", ")
}; may be given more than once;
                  onnx-winograd is onnx with all convolutions in the form that large ones take
  --case PREFIX   only the cases whose name begins with PREFIX
  --json          an array of {case, backend, error, bound, ok}; errors that are no number are null

Exits with 1 if a case fails or a backend asked for is not there.
`;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs the command and returns its exit code. */
async function main(args: string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(help.trim());
    return 0;
  }
  try {
    return await compare(args);
  } catch (error) {
    console.error(usageMessage(error) ?? error);
    return usageMessage(error) === undefined ? 1 : 2;
  }
}

async function compare(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      backend: { type: "string", multiple: true },
      case: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  if (positionals.length > 1) {
    throw new UsageError(`One folder is expected, got ${positionals.length}`);
  }
  const backends = values.backend?.map(backendName);
  const { rows, missing } = await runGoldens(
    positionals[0] ?? "tests/goldens",
    {
      backends,
      only: values.case,
      onRow: values.json ? undefined : printRow,
    },
  );
  if (values.json) console.log(JSON.stringify(rows));
  else report(rows);
  for (const { name, reason } of missing) {
    console.error(`Backend ${name} is not there: ${reason}`);
  }
  const failed = rows.some((row) => !row.ok) || rows.length === 0;
  return failed || (backends !== undefined && missing.length > 0) ? 1 : 0;
}

function backendName(text: string): GoldenBackend {
  const found = goldenBackendNames.find((name) => name === text);
  if (found) return found;
  throw new UsageError(
    `Option --backend takes ${goldenBackendNames.join(", ")}, got "${text}"`,
  );
}

function printRow(row: GoldenRow): void {
  const error = row.error === null ? "–" : row.error.toExponential(1);
  const verdict = row.ok ? "ok" : `FAILED ${row.reason ?? ""}`;
  console.log(
    `${row.case.padEnd(30)}${row.backend.padEnd(16)}${error.padStart(8)}  ≤ ${
      row.bound.toExponential(0).padEnd(6)
    }  ${verdict}`,
  );
}

function report(rows: readonly GoldenRow[]): void {
  const failed = rows.filter((row) => !row.ok).length;
  console.log(`${rows.length - failed} of ${rows.length} cases agree`);
}
