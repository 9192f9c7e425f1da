import { UsageError } from "../../lib/core/command/usage.ts";
import { namedAdapter } from "../../lib/adapters/adapter_formats.ts";
import { suggestion } from "../../lib/core/known_keys.ts";
import { quote } from "../../lib/core/quote.ts";
import type { FusionOptions } from "../../lib/pipeline/options/picture_options.ts";
import { type RunnerChoice, systemNames } from "./runners/runner.ts";

/** One column of a comparison: a way to make pictures of the scenes. */
export interface Column {
  /** Name of its folder. */
  readonly id: string;
  /** Name in tables. */
  readonly name: string;
  /** The paper's switches; absent for runners, and for pictures that something else made. */
  readonly fusion?: FusionOptions;
  /** Another system, with a model of its own. */
  readonly runner?: RunnerChoice;
  /** The system that its model must have. */
  readonly system?: string;
  /** A picture that comes with each scene. */
  readonly drawn?: "truth" | "silhouettes";
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

/**
 * Pictures that come with scenes, where they have them: the real ones, whose scores are the ceiling,
 * and silhouettes, which show how much of a score is that of places alone.
 */
export const drawnColumns: readonly Column[] = [
  { id: "truth", name: "real pictures", drawn: "truth" },
  { id: "silhouettes", name: "silhouettes", drawn: "silhouettes" },
];

/** Options of {@linkcode chooseColumns}. */
export interface ColumnOptions {
  /** Name of the model in tables. @default {"the model"} */
  readonly model?: string;
  /** Ids of the model's columns and names of systems, with commas between; all where absent, none where empty. */
  readonly ids?: string;
  /** Columns with a model of their own. @default {none} */
  readonly runners?: readonly RunnerChoice[];
  /** Columns that something else made, `NAME=FOLDER` each. */
  readonly others?: readonly string[];
}

/**
 * The columns of a run: pictures that come with scenes, those of the model and of other systems in
 * the order given, and those that something else made.
 *
 * @throws {UsageError} for an unknown or repeated column.
 */
export function chooseColumns(options: ColumnOptions = {}): Column[] {
  const { model = "the model", ids, runners = [], others = [] } = options;
  runners.forEach(checkName);
  const own = ids === undefined
    ? [...ownColumns, ...runners.map(runnerColumn)]
    : ids.split(",").map((id) => id.trim()).filter((id) => id !== "")
      .map((id) => columnOf(id, runners));
  const columns = [
    ...drawnColumns,
    ...own.map((column) =>
      column.fusion === undefined
        ? column
        : { ...column, name: nameOf(column, model) }
    ),
    ...others.map(foreignColumn),
  ];
  const twice = columns.find(({ id }, i) =>
    columns.findIndex((one) => one.id === id) < i
  );
  if (twice !== undefined) {
    throw new UsageError(`Column "${twice.name}" is given twice`);
  }
  const unused = runners.find(({ name }) =>
    !columns.some(({ id }) => id === name)
  );
  if (unused === undefined) return columns;
  throw new UsageError(
    `Runner ${quote(unused.name)} is in no column, add it to --columns`,
  );
}

/** Names of runners are names of folders and rows, so none may be that of another column. */
function checkName({ name }: RunnerChoice): void {
  const taken = [...drawnColumns, ...ownColumns].map(({ id }) => id);
  if (!taken.includes(name) && /[\w]/.test(name)) return;
  throw new UsageError(
    `Option --runner takes a name that is none of ${taken.join(", ")}, got ${
      quote(name)
    }`,
  );
}

/** The column that an entry of `--columns` means: of the model, of a runner, or of a system by its name. */
function columnOf(id: string, runners: readonly RunnerChoice[]): Column {
  const own = ownColumns.find((one) => one.id === id);
  if (own !== undefined) return own;
  const runner = runners.find(({ name }) => name === id) ??
    (namedAdapter(id) && { name: id, adapters: [id], parts: {} });
  if (runner !== undefined) return runnerColumn(runner);
  if (systemNames.includes(id)) return { id, name: id, system: id };
  const known = [
    ...ownColumns.map((one) => one.id),
    ...runners.map(({ name }) => name),
    ...systemNames,
  ];
  throw new UsageError(
    `Option --columns does not know ${quote(id)}${
      suggestion(id, [...new Set(known)])
    }`,
  );
}

function runnerColumn(runner: RunnerChoice): Column {
  const { name } = runner;
  return {
    ...{ id: name, name, runner },
    ...(systemNames.includes(name) && { system: name }),
  };
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

function foreignColumn(given: string): Column {
  const match = /^([\w.+-]+)=(.+)$/.exec(given);
  if (match !== null) {
    return { id: `own-${match[1]!}`, name: match[1]!, pictures: match[2]! };
  }
  throw new UsageError(`Option --pictures takes NAME=DIR, got "${given}"`);
}
