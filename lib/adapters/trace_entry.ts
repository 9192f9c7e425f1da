import type { Size } from "../core/geometry.ts";

/** Contribution of each term of Eq. (1) to one cross-attention layer in one step. */
export interface TraceEntry {
  /** Step, from 1. */
  readonly step: number;
  /** Place of the layer: down, up, middle last, from 0. */
  readonly layer: number;
  /** Name of the layer in the checkpoint. */
  readonly path: string;
  /** Query positions of the layer, in cells. */
  readonly size: Size;
  /** Share of the text term at each position, `[height · width]`, 0 to 1. */
  readonly text: Float32Array;
  /** Share of the composite image's term (CIHS). */
  readonly composite: Float32Array;
  /** Share of each instance's reference (RIHS). All shares at a position sum to 1. */
  readonly instances: readonly Float32Array[];
}
