/** Two factors of a change: `up` `[rows, rank]` and `down` `[rank, columns]`. */
export interface Factors {
  readonly up: Float32Array;
  readonly down: Float32Array;
  readonly rows: number;
  readonly rank: number;
  readonly columns: number;
}
