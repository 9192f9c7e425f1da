import type { FractionBox, Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import { boxCells } from "./box_cells.ts";

/** Added to the scores of tokens that a query does not see. */
const hiddenScore = -1e4;

/** Settings of {@linkcode msMasks}. */
export interface MsMaskOptions {
  /** Tokens that stand for "no picture". */
  readonly dummies: number;
  /** Tokens of each picture. */
  readonly tokens: number;
  /** Strength of the pictures. */
  readonly scale: number;
  /**
   * Whether dummy tokens are attended to where no box lies, as the paper says; the published code
   * leaves those queries to the text.
   *
   * @default {false}
   */
  readonly attendDummies?: boolean;
  /** Which pictures act. @default {all} */
  readonly on?: readonly boolean[];
  /** Whether the batch begins with the unconditional branch, which has no boxes. */
  readonly guided: boolean;
}

/** Which pictures a query sees, and the strength with which it does, at every size of attention. */
export function msMasks(
  boxes: readonly FractionBox[],
  sizes: readonly Size[],
  options: MsMaskOptions,
): Values<Tensor> {
  const values: Record<string, Tensor> = {};
  for (const size of sizes) {
    const queries = size.height * size.width;
    const none = boxes.map(() => new Float32Array(queries));
    const cells = boxes.map((box, i) =>
      options.on?.[i] === false ? none[i]! : boxCells(box, size)
    );
    const rows = (options.guided ? [none, cells] : [cells]).map((own) =>
      row(own, queries, options)
    );
    const count = options.dummies + options.tokens * boxes.length;
    const key = sizeKey(size);
    values[`hidden.${key}`] = tensor(
      [rows.length, queries, count],
      Float32Array.from(rows.flatMap(({ hidden }) => [...hidden])),
    );
    values[`factor.${key}`] = tensor(
      [rows.length, queries, 1],
      Float32Array.from(rows.flatMap(({ factor }) => [...factor])),
    );
  }
  return values;
}

function row(
  cells: readonly Float32Array[],
  queries: number,
  { dummies, tokens, scale, attendDummies = false }: MsMaskOptions,
): { hidden: Float32Array; factor: Float32Array } {
  const count = dummies + tokens * cells.length;
  const hidden = new Float32Array(queries * count).fill(hiddenScore);
  const factor = new Float32Array(queries);
  for (let q = 0; q < queries; q++) {
    const background = cells.every((one) => one[q] === 0);
    const start = q * count;
    if (background) hidden.fill(0, start, start + dummies);
    cells.forEach((one, i) => {
      if (one[q] === 0) return;
      const from = start + dummies + i * tokens;
      hidden.fill(0, from, from + tokens);
    });
    factor[q] = background && !attendDummies ? 0 : scale;
  }
  return { hidden, factor };
}
