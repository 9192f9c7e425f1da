import { choice } from "../../lib/core/command/option.ts";
import { UsageError } from "../../lib/core/command/usage.ts";
import type { FusionOptions } from "../../lib/pipeline/options/picture_options.ts";

/** One column of a comparison: a way to make pictures of the scenes. */
export interface Column {
  /** Name of its folder. */
  readonly id: string;
  /** Name in tables. */
  readonly name: string;
  /** The paper's switches; absent for pictures that something else made. */
  readonly fusion?: FusionOptions;
  /** Folder of pictures that something else made, `KEY.png` or `KEY.jpg`. */
  readonly pictures?: string;
  /** Its values in the paper's Table II, on COCO with YOLOv8: mAP and CLIP-I. */
  readonly paper?: { readonly map: number; readonly clipI: number };
}

/**
 * A model under the switches of the paper's Table II, and without its references. Their names say
 * what is switched on; the whole model has no name but its own.
 */
export const ownColumns: readonly Column[] = [
  {
    id: "ci",
    name: "CI only",
    fusion: { grg: false, iaf: false, is: false },
    paper: { map: 0.232, clipI: 0.799 },
  },
  {
    id: "grg",
    name: "CI + GRG",
    fusion: { grg: true, iaf: false, is: false },
    paper: { map: 0.548, clipI: 0.808 },
  },
  {
    id: "iaf",
    name: "CI + GRG + IAF",
    fusion: { grg: true, iaf: true, is: false },
    paper: { map: 0.62, clipI: 0.812 },
  },
  {
    id: "is",
    name: "",
    fusion: { grg: true, iaf: true, is: true },
    paper: { map: 0.683, clipI: 0.828 },
  },
  {
    id: "no-references",
    name: "no references",
    fusion: { lambdaCi: 0, lambdaRi: 0, is: true },
  },
];

/** The real pictures, where scenes have them. */
export const truthColumn: Column = { id: "truth", name: "real pictures" };

/** Options of {@linkcode chooseColumns}. */
export interface ColumnOptions {
  /** Name of the model in tables. @default {"the model"} */
  readonly model?: string;
  /** Ids of the model's columns with commas between; all where absent, none where empty. */
  readonly ids?: string;
  /** Columns that something else made, `NAME=FOLDER` each. */
  readonly others?: readonly string[];
}

/**
 * The columns of a run: the real pictures, those of the model, and those of others.
 *
 * @throws {UsageError} for an unknown or repeated column.
 */
export function chooseColumns(options: ColumnOptions = {}): Column[] {
  const { model = "the model", ids, others = [] } = options;
  const own = ids === undefined ? ownColumns : ids.split(",")
    .map((id) => id.trim()).filter((id) => id !== "").map(ownColumn);
  const columns = [
    truthColumn,
    ...own.map((column) => ({ ...column, name: nameOf(column, model) })),
    ...others.map(foreignColumn),
  ];
  const twice = columns.find(({ id }, i) =>
    columns.findIndex((one) => one.id === id) < i
  );
  if (twice === undefined) return columns;
  throw new UsageError(`Column "${twice.name}" is given twice`);
}

function nameOf({ name }: Column, model: string): string {
  return name === "" ? model : `${model}, ${name}`;
}

/** File names that training and the hub give to every adapter: the folder's name says more. */
const givenNames = new Set(["locref", "adapter", "model"]);

/** Name of a model in tables: its adapter's file, or the last part of its path or hub id. */
export function modelLabel(model: string, adapter?: string): string {
  const path = (adapter ?? model).replace(/[\\/]+$/, "");
  const parts = path.split(/[\\/]/).filter((part) => part !== "");
  const last = parts.at(-1)?.replace(/\.safetensors$/, "") ?? "the model";
  const given = adapter !== undefined && givenNames.has(last);
  return given ? parts.at(-2) ?? last : last;
}

function ownColumn(id: string): Column {
  const known = choice(ownColumns.map((one) => one.id), "");
  const found = known.read([id], "Option --columns");
  return ownColumns.find((one) => one.id === found)!;
}

function foreignColumn(given: string): Column {
  const match = /^([\w.+-]+)=(.+)$/.exec(given);
  if (match !== null) {
    return { id: `own-${match[1]!}`, name: match[1]!, pictures: match[2]! };
  }
  throw new UsageError(`Option --pictures takes NAME=DIR, got "${given}"`);
}
