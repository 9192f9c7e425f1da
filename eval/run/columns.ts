import { UsageError } from "../../cli/usage.ts";
import type { LayoutOptions } from "../../lib/pipeline/generate_options.ts";

/** One column of a comparison: a way to make pictures of the scenes. */
export interface Column {
  /** Name of its folder. */
  readonly id: string;
  /** Name in tables. */
  readonly name: string;
  /** The paper's switches; absent for pictures that something else made. */
  readonly layout?: LayoutOptions;
  /** Folder of pictures that something else made, `KEY.png` or `KEY.jpg`. */
  readonly pictures?: string;
  /** What the paper's Table II has for it, on COCO with YOLOv8: mAP and CLIP-I. */
  readonly paper?: { readonly map: number; readonly clipI: number };
}

/** The rows of the paper's Table II, and the model without its references. */
export const ownColumns: readonly Column[] = [
  {
    id: "ci",
    name: "CI only",
    layout: { grg: false, iaf: false, is: false },
    paper: { map: 0.232, clipI: 0.799 },
  },
  {
    id: "grg",
    name: "+GRG",
    layout: { grg: true, iaf: false, is: false },
    paper: { map: 0.548, clipI: 0.808 },
  },
  {
    id: "iaf",
    name: "+IAF",
    layout: { grg: true, iaf: true, is: false },
    paper: { map: 0.62, clipI: 0.812 },
  },
  {
    id: "is",
    name: "+IS",
    layout: { grg: true, iaf: true, is: true },
    paper: { map: 0.683, clipI: 0.828 },
  },
  {
    id: "no-references",
    name: "no references",
    layout: { lambdaCi: 0, lambdaRi: 0, is: true },
  },
];

/** The real pictures, where scenes have them. */
export const truthColumn: Column = { id: "truth", name: "real pictures" };

/**
 * The columns of a run: the real pictures, those of the model that `ids` names (all of them where it
 * is absent, none where it is empty), and those of `others`, `NAME=FOLDER` each.
 *
 * @throws {UsageError} for an unknown or repeated column.
 */
export function chooseColumns(
  ids: string | undefined,
  others: readonly string[] = [],
): Column[] {
  const columns = [
    truthColumn,
    ...ids === undefined ? ownColumns : ids.split(",")
      .map((id) => id.trim()).filter((id) => id !== "").map(ownColumn),
    ...others.map(foreignColumn),
  ];
  const twice = columns.find(({ id }, i) =>
    columns.findIndex((one) => one.id === id) < i
  );
  if (twice === undefined) return columns;
  throw new UsageError(`Column "${twice.name}" is given twice`);
}

function ownColumn(id: string): Column {
  const found = ownColumns.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = ownColumns.map(({ id }) => id).join(", ");
  throw new UsageError(`Option --columns takes some of ${known}, got "${id}"`);
}

function foreignColumn(given: string): Column {
  const match = /^([\w.+-]+)=(.+)$/.exec(given);
  if (match !== null) {
    return { id: `own-${match[1]!}`, name: match[1]!, pictures: match[2]! };
  }
  throw new UsageError(`Option --pictures takes NAME=DIR, got "${given}"`);
}
