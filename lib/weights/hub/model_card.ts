/** The page that stands beside an adapter on the hub. */

import { withoutPaths } from "../../core/files/portable_name.ts";

/** Contents of a model card. */
export interface ModelCardFacts {
  /** `organisation/repository`. */
  readonly id: string;
  /** Path of the adapter in the repository. */
  readonly adapter: string;
  /** Metadata of the adapter file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 of the adapter file. */
  readonly sha256: string;
  /** Licence as the hub spells it, such as `apache-2.0`. */
  readonly license?: string;
  /** The training's config, as JSON. */
  readonly training?: unknown;
  /** The evaluation's results, as JSON. */
  readonly evaluation?: unknown;
}

/** Rows of a table at most; what a person reads. */
const MOST_ROWS = 60;

/** A model card in Markdown, with the front matter that the hub reads. */
export function modelCard(facts: ModelCardFacts): string {
  const { id, adapter, sha256 } = facts;
  const metadata = withoutPaths(facts.metadata) as Record<string, string>;
  const base = metadata.base ?? "stable-diffusion-v1-5/stable-diffusion-v1-5";
  const encoder = metadata.encoder ?? "h94/IP-Adapter/models/image_encoder";
  return [
    frontMatter({ ...facts, metadata }),
    `# ${id.split("/")[1]}`,
    "",
    "An adapter for LocRef: it places pictured objects (reference pictures, in boxes) into what a",
    "frozen Stable Diffusion model draws.",
    "",
    "```ts",
    'import { LocRef } from "@locref/locref";',
    "",
    `const model = await LocRef.load("${base}", {`,
    `  adapter: "${id}/${adapter}",`,
    `  imageEncoder: "${encoder}",`,
    "});",
    "```",
    "",
    "## File",
    "",
    `\`${adapter}\`, SHA-256 \`${sha256}\``,
    "",
    ...table(metadata),
    ...section("Training", facts.training),
    ...scoreTable(facts.evaluation) ??
      section("Evaluation", facts.evaluation),
    "",
  ].join("\n");
}

function frontMatter({ license, metadata }: ModelCardFacts): string {
  return [
    "---",
    ...(license ? [`license: ${JSON.stringify(license)}`] : []),
    ...(metadata.base ? [`base_model: ${JSON.stringify(metadata.base)}`] : []),
    "library_name: locref",
    "pipeline_tag: text-to-image",
    "tags:",
    "- locref",
    "- layout-to-image",
    "- subject-driven",
    "---",
    "",
  ].join("\n");
}

/** Scores that a card shows, by their names in the results of `eval run`. */
const measures = {
  map: "mAP @[.5:.95]",
  map50: "mAP @50",
  mapAnyClass: "mAP, any class @[.5:.95]",
  map50AnyClass: "mAP, any class @50",
  iou: "IoU",
  success: "success",
  clipI: "CLIP-I",
  clipT: "CLIP-T",
} as const;

/** The results of `eval run` as a table; `undefined` for any other results. */
function scoreTable(evaluation: unknown): string[] | undefined {
  const { columns, run } = (evaluation ?? {}) as {
    columns?: unknown;
    run?: { scenes?: unknown; detector?: Named; encoder?: Named };
  };
  if (!Array.isArray(columns) || columns.length === 0) return undefined;
  const valueOf = (column: Record<string, { value?: number }>, key: string) =>
    column[key]?.value;
  const shown = Object.entries(measures).filter(([key]) =>
    columns.some((column) => valueOf(column, key) !== undefined)
  );
  if (shown.length === 0) return undefined;
  const rows = columns.map((column) => [
    cell(String(column.name ?? column.id)),
    ...shown.map(([key]) => valueOf(column, key)?.toFixed(3) ?? "–"),
  ]);
  const { pictures } = columns[0] as { pictures?: number };
  return [
    "",
    "## Evaluation",
    "",
    `| ${["", ...shown.map(([, name]) => name)].join(" | ")} |`,
    `|---|${"--:|".repeat(shown.length)}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
    "",
    `${pictures ?? "Some"} scenes; boxes found by \`${
      cell(run?.detector?.name ?? "unknown")
    }\`, likeness measured by \`${cell(run?.encoder?.name ?? "unknown")}\`.`,
  ];
}

interface Named {
  readonly name?: string;
}

function section(title: string, value: unknown): string[] {
  if (value === undefined) return [];
  return ["", `## ${title}`, "", ...table(value)];
}

function table(value: unknown): string[] {
  const rows = [...flatten(withoutPaths(value), "")];
  const shown = rows.slice(0, MOST_ROWS).map(([key, text]) =>
    `| ${cell(key)} | ${cell(text)} |`
  );
  const more = rows.length > MOST_ROWS
    ? ["", `(and ${rows.length - MOST_ROWS} more in the file)`]
    : [];
  return ["| | |", "|---|---|", ...shown, ...more];
}

/** Plain values by their dotted keys, in the order of the keys; long lists are left out. */
function* flatten(value: unknown, key: string): Generator<[string, string]> {
  if (typeof value !== "object" || value === null) {
    yield [key, typeof value === "number" ? rounded(value) : String(value)];
  } else if (Array.isArray(value) && value.every(isPlain)) {
    if (value.length <= 8) yield [key, value.map(String).join(", ")];
  } else if (!Array.isArray(value) || value.length <= 12) {
    for (const name of Object.keys(value).sort(byNumberOrName)) {
      const inner = (value as Record<string, unknown>)[name];
      yield* flatten(inner, key === "" ? name : `${key}.${name}`);
    }
  }
}

function isPlain(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function byNumberOrName(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : 1) : difference;
}

function rounded(value: number): string {
  return Number.isInteger(value)
    ? String(value)
    : String(Number(value.toPrecision(5)));
}

function cell(text: string): string {
  return text.replace(/[|\\]/g, "\\$&").replace(/\s+/g, " ");
}
