import { escapeHtml } from "../core/escape_html.ts";
import { checkOptions } from "../core/check_options.ts";
import { flag, whole } from "../core/kinds.ts";
import { quote } from "../core/quote.ts";
import type { MediaBundle } from "../images/media.ts";

/** Something that shows itself in a Jupyter notebook. */
export interface Shown {
  /** Contents by media type. */
  readonly media: MediaBundle;
}

/** A text of some media type, such as `image/svg+xml`, that shows itself in a Jupyter notebook. */
export function shown(media: MediaBundle): Shown {
  checkMedia(media);
  const display = { [Symbol.for("Jupyter.display")]: () => media };
  return Object.assign(display, { media });
}

/** A cell of a {@linkcode table}. */
export type TableCell = string | number | boolean | null | undefined;

/** Options of {@linkcode table}. */
export interface TableOptions {
  /** Digits after the point of numbers that are not whole. @default {3} */
  readonly digits?: number;
  /** Whether numbers are shaded by their size within the table. @default {false} */
  readonly shade?: boolean;
}

/**
 * Rows with the same keys as a table that shows itself in a Jupyter notebook, such as scores.
 */
export function table(
  rows: readonly Readonly<Record<string, TableCell>>[],
  options: TableOptions = {},
): Shown {
  checkTable(rows, options);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const numbers = rows.flatMap((row) => Object.values(row)).filter((value) =>
    typeof value === "number" && Number.isFinite(value)
  ) as number[];
  const range = { min: Math.min(...numbers), max: Math.max(...numbers) };
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  const body = rows.map((row) =>
    `<tr>${
      columns.map((name) => cellHtml(row[name], range, options)).join("")
    }</tr>`
  ).join("");
  return shown({
    "text/html": `<table><tr>${head}</tr>${body}</table>`,
    "text/plain": [
      columns,
      ...rows.map((row) => columns.map((name) => cellText(row[name], options))),
    ]
      .map((line) => line.join("\t")).join("\n"),
  });
}

function checkMedia(media: unknown): void {
  const object = typeof media === "object" && media !== null;
  const entries = object ? Object.entries(media) : [];
  const fits = entries.length > 0 &&
    entries.every(([type, content]) =>
      type.includes("/") && typeof content === "string"
    );
  if (fits) return;
  throw new TypeError(
    `What shown shows must be texts by media type, such as { "text/html": "<b>a</b>" }, got ${
      quote(media)
    }`,
  );
}

function checkTable(rows: unknown, options: TableOptions): void {
  checkOptions<TableOptions>(options, {
    of: "table",
    fields: { digits: whole({ min: 0, max: 20 }), shade: flag },
    elsewhere: { precision: "digits", decimals: "digits", color: "shade" },
  });
  const isRow = (row: unknown) =>
    typeof row === "object" && row !== null && !Array.isArray(row) &&
    !(row instanceof Promise);
  if (!Array.isArray(rows) || !rows.every(isRow)) {
    throw new TypeError(
      `Rows of table must be a list of objects, got ${quote(rows)}`,
    );
  }
  rows.forEach((row: object, i) => {
    const odd = Object.entries(row).find(([, cell]) => !isCell(cell));
    if (odd === undefined) return;
    const [name, cell] = odd;
    throw new TypeError(
      `Cell ${quote(name)} of row ${
        i + 1
      } of table must be a string, a number, true, false or null, got ${
        quote(cell)
      }`,
    );
  });
}

function isCell(cell: unknown): boolean {
  return cell === null ||
    ["string", "number", "boolean", "undefined"].includes(typeof cell);
}

function cellHtml(
  value: TableCell,
  { min, max }: { min: number; max: number },
  options: TableOptions,
): string {
  const text = escapeHtml(cellText(value, options));
  if (typeof value !== "number") return `<td>${text}</td>`;
  const depth = options.shade && max > min ? (value - min) / (max - min) : 0;
  const ground = depth > 0
    ? ` style="background: rgba(255, 140, 0, ${(depth * 0.8).toFixed(2)})"`
    : "";
  return `<td${ground}>${text}</td>`;
}

function cellText(value: TableCell, { digits = 3 }: TableOptions): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "number" || Number.isInteger(value)) {
    return String(value);
  }
  return value.toFixed(digits);
}
