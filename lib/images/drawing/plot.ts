/** Parts of plots as SVG: the page, its words, and lines. */

/** Options of {@linkcode plotText}. */
export interface PlotTextOptions {
  readonly x: number | string;
  readonly y: number | string;
  /** How far the words lie below `y`. */
  readonly dy?: number;
  /** Which part of the words lies at `x`. @default {"start"} */
  readonly anchor?: "start" | "middle" | "end";
  /** @default {"#333"} */
  readonly fill?: string;
}

/** A white page of the given size with `parts` on it, one a line. */
export function plotPage(
  width: number,
  height: number,
  parts: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...parts,
    "</svg>",
    "",
  ].join("\n");
}

/** Words on a plot. */
export function plotText(
  words: string | number,
  { x, y, dy, anchor, fill = "#333" }: PlotTextOptions,
): string {
  const given = { x, y, dy, "text-anchor": anchor, fill };
  return element("text", given, escapeText(String(words)));
}

/** A path with the attributes of its stroke. */
export function plotLine(
  path: string,
  stroke: Readonly<Record<string, string | number>>,
): string {
  return element("path", { d: path, ...stroke });
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number | undefined>>,
  content?: string,
): string {
  const given = Object.entries(attributes)
    .map(([key, value]) => value === undefined ? "" : ` ${key}="${value}"`);
  const start = `<${name}${given.join("")}`;
  return content === undefined ? `${start}/>` : `${start}>${content}</${name}>`;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
