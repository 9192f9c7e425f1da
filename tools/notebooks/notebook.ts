/** Notebook files (nbformat 4) as far as they are read and written here. */

import type { CellResult } from "./kernel.ts";
import type { Output } from "./kernel_messages.ts";

/** A cell of a notebook. */
export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  source: string | string[];
  outputs?: Output[];
  execution_count?: number | null;
  [key: string]: unknown;
}

/** A notebook file. */
export interface Notebook {
  cells: Cell[];
  [key: string]: unknown;
}

/** The source of a cell as one text. */
export function cellSource(cell: Cell): string {
  return typeof cell.source === "string" ? cell.source : cell.source.join("");
}

/** Puts what a cell did into it. */
export function storeResult(cell: Cell, result: CellResult): void {
  cell.execution_count = result.executionCount;
  cell.outputs = result.outputs.map((output) => {
    if (output.output_type === "stream") {
      return { ...output, text: toLines(plain(String(output.text))) };
    }
    const data = output.data as Record<string, unknown> | undefined;
    const text = data?.["text/plain"];
    if (typeof text !== "string") return output;
    return { ...output, data: { ...data, "text/plain": plain(text) } };
  });
}

/** A text without the escape sequences that colour terminals. */
function plain(text: string): string {
  // deno-lint-ignore no-control-regex -- escape sequences begin with one
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

/** A notebook as the text of its file, as Jupyter formats it. */
export function notebookText(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}

function toLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
