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
