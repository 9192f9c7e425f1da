import type { AttentionLayer } from "../../locref/denoiser.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { meanOf, number } from "../../loop/loss_parts.ts";
import type { Size } from "../../../lib/core/geometry.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { cellsBefore } from "../../../lib/weights/square_fit.ts";
import type { PocketFamily } from "../stages/family.ts";

/** Name of the targets for the grid of queries at a level of the UNet. */
const targetName = (level: number) => `place.level_${level}`;

/** Grids of queries for latents of `size`, by level. */
function gridsOf(
  { denoiser }: PocketFamily,
  size: Size,
): ReadonlyMap<number, Size> {
  return new Map(
    crossSites(denoiser.places(size)).map(({ level, size }) => [level, size]),
  );
}

/** Names of all targets. */
export function placeTargetNames(family: PocketFamily): string[] {
  const levels = gridsOf(family, { height: 8, width: 8 }).keys();
  return [...levels].map(targetName);
}

/**
 * Targets of {@linkcode placeLoss}, by grid `[N, Q, tokens]`: a query looks at what lies at its own
 * place in the composite image, in whose square the grid lies. Rows of zeros say nothing.
 *
 * @param told whether each sample has its composite image.
 * @param size that of the latents.
 */
export function placeTargets(
  family: PocketFamily,
  told: readonly boolean[],
  size: Size,
): Values<Tensor> {
  return Object.fromEntries(
    [...gridsOf(family, size)].map(([level, grid]) => {
      const one = ownPlaces(family, { grid, size });
      const data = new Float32Array(told.length * one.length);
      for (const [n, has] of told.entries()) {
        if (has) data.set(one, n * one.length);
      }
      return [
        targetName(level),
        tensor([told.length, grid.height * grid.width, family.tokens], data),
      ];
    }),
  );
}

/**
 * For each cell of a grid the part of it that each token covers, `[Q, tokens]`: 1 at one token where
 * a token is a cell or more, shares of several where the cell is larger.
 */
function ownPlaces(
  { across, tokens, compositeFit }: PocketFamily,
  { grid, size }: { readonly grid: Size; readonly size: Size },
): Float32Array {
  const data = new Float32Array(grid.height * grid.width * tokens);
  const longer = Math.max(grid.height, grid.width);
  const all = Math.max(size.height, size.width);
  const along = (side: number, latents: number) =>
    compositeFit === "stretch"
      ? shares(side, { across, whole: side, before: 0 })
      : shares(side, {
        ...{ across, whole: longer },
        // a grid of halves is rounded up, so its last cell may end beyond the square
        before: Math.min(
          longer - side,
          cellsBefore(latents, all) * longer / all,
        ),
      });
  const rows = along(grid.height, size.height);
  const columns = along(grid.width, size.width);
  for (const [y, down] of rows.entries()) {
    for (const [x, right] of columns.entries()) {
      const query = (y * grid.width + x) * tokens;
      for (const [j, height] of down) {
        for (const [i, width] of right) {
          data[query + 1 + j * across + i] = height * width;
        }
      }
    }
  }
  return data;
}

/**
 * Along one axis: for each of `side` cells the tokens that it covers, with their parts of it. The
 * cells lie behind `before` others of `whole` cells, which `across` tokens cover.
 */
function shares(
  side: number,
  { across, whole, before }: {
    readonly across: number;
    readonly whole: number;
    readonly before: number;
  },
): [number, number][][] {
  return Array.from({ length: side }, (_, cell) => {
    const start = (before + cell) / whole * across;
    const end = (before + cell + 1) / whole * across;
    const covered: [number, number][] = [];
    for (let token = Math.floor(start); token < end; token++) {
      const part = Math.min(end, token + 1) - Math.max(start, token);
      covered.push([token, part / (end - start)]);
    }
    return covered;
  });
}

/**
 * Cross-entropy of the attention to the composite image with where it should lie, mean over queries
 * and heads.
 *
 * Without coordinates the UNet knows positions through zero padding only, and learns slowly from the
 * denoising loss that they matter. With this loss it copies shapes after a few thousand samples.
 * Attention to references gets no such loss: it stays wide in any case, and identifies the object,
 * not its parts.
 */
export function placeLoss<T>(
  ops: LossOps<T>,
  layers: readonly AttentionLayer<T>[],
  batch: Values<T>,
  family: PocketFamily,
): T {
  const terms = placedLayers(layers, family).map((layer) => {
    const target = batch[targetName(layer.level)]!;
    const { heads } = layer;
    const told = ops.maximum(
      ops.scale(ops.sum(target), heads),
      number(ops, 1),
    );
    const likely = attentionLogits(ops, layer).map((logits) =>
      ops.sum(ops.mul(ops.logSoftmax(logits), target))
    );
    const sum = likely.reduce((sum, one) => ops.add(sum, one));
    return ops.scale(ops.div(sum, told), -1);
  });
  return meanOf(ops, terms);
}

/**
 * The layers that can know places: all where the UNet sees coordinates, else those from the first one on
 * whose grid is not the finest.
 */
export function placedLayers<Layer extends { readonly level: number }>(
  layers: readonly Layer[],
  { coordinates }: PocketFamily,
): readonly Layer[] {
  if (coordinates > 0) return layers;
  return layers.slice(layers.findIndex(({ level }) => level > 0));
}

/** Cells along each side of a layer's grid of queries. */
export function sideOf(
  { level }: { readonly level: number },
  { latentSide }: PocketFamily,
): number {
  return latentSide / 2 ** level;
}

/** Logits of each head's attention to the composite image, before the softmax, `[N, Q, tokens]`. */
function attentionLogits<T>(
  ops: LossOps<T>,
  layer: AttentionLayer<T>,
): T[] {
  const { queries, ci, heads, width } = layer;
  const keys = ops.splitWidth(ci.k, heads);
  return ops.splitWidth(queries, heads).map((own, head) =>
    ops.scale(
      ops.product(own, keys[head]!, { transposeB: true }),
      1 / Math.sqrt(width / heads),
    )
  );
}
