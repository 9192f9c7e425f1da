/**
 * Runs notebooks without Jupyter and Python: `deno task notebooks [--check] [FILE…]`.
 *
 * Every cell runs in Deno's own kernel, in the notebook's folder. The outputs are written back into
 * the files; `--check` leaves the files as they are. Any error output makes the exit code 1.
 */

import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProgress } from "../../lib/core/command/progress.ts";
import { writeFileAtomically } from "../../lib/core/files/write_file.ts";
import { Kernel } from "./kernel.ts";
import {
  cellSource,
  type Notebook,
  notebookText,
  storeResult,
} from "./notebook.ts";
import { defineCommand } from "../../lib/core/command/command.ts";
import { argument, repeated, toggle } from "../../lib/core/command/option.ts";
import { runProgram } from "../run_program.ts";

const home = fileURLToPath(new URL("../../notebooks/", import.meta.url));

/** Runs a notebook and stores its outputs; returns the errors of its cells. */
export async function runNotebook(
  path: string,
  options: { check?: boolean } = {},
): Promise<string[]> {
  const notebook: Notebook = JSON.parse(await Deno.readTextFile(path));
  const cells = notebook.cells.filter((cell) => cell.cell_type === "code");
  const bar = startProgress(basename(path), {
    total: cells.length,
    unit: "cells",
  });
  const errors: string[] = [];
  const kernel = await Kernel.start(dirname(path));
  try {
    for (const [i, cell] of cells.entries()) {
      bar.update(i);
      const result = await kernel.execute(cellSource(cell));
      storeResult(cell, result);
      if (result.error === undefined) continue;
      errors.push(`${basename(path)}, code cell ${i + 1}: ${result.error}`);
      break;
    }
  } finally {
    bar.end();
    await kernel.stop();
  }
  if (!options.check && errors.length === 0) {
    await writeFileAtomically(path, notebookText(notebook));
  }
  return errors;
}

/** `deno task notebooks`. */
const command = defineCommand({
  about:
    `Runs notebooks without Jupyter and Python and writes their outputs back. Exits with 1 if a cell
    fails.`,
  options: {
    files: repeated(argument("FILE", "notebooks", { otherwise: "all" })),
    check: toggle("leave the files as they are"),
  },
  async main({ files, check }) {
    let failed = 0;
    for (const file of files ?? await listNotebooks()) {
      const start = performance.now();
      const errors = await runNotebook(file, { check });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      failed += errors.length > 0 ? 1 : 0;
      console.log(
        `${errors.length > 0 ? "failed" : "ok"} ${file} (${seconds} s)`,
      );
      for (const error of errors) console.error(error);
    }
    return failed > 0 ? 1 : 0;
  },
});

async function listNotebooks(): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(home)) {
    if (entry.name.endsWith(".ipynb")) names.push(entry.name);
  }
  return names.sort().map((name) => join(home, name));
}

if (import.meta.main) {
  Deno.exit(await runProgram("notebooks", command, Deno.args));
}
