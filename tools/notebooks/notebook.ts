/** Notebook files (nbformat 4) as far as they are read and written here. */

import type { CellResult, Output } from "./kernel.ts";

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
  cell.outputs = result.outputs.map((output) =>
    output.output_type === "stream"
      ? { ...output, text: toLines(String(output.text)) }
      : output
  );
}

/** A notebook as the text of its file, as Jupyter formats it. */
export function notebookText(notebook: Notebook): string {
  return JSON.stringify(notebook, null, 1) + "\n";
}

function toLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
