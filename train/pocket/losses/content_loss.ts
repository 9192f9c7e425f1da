import type { Values } from "../../../lib/ops/executor.ts";
import type { LossOps } from "../../../lib/ops/loss_ops.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { type AttentionSite, crossSites } from "../../../lib/bases/places.ts";
import type { HostWeights } from "../../loop/host_weights.ts";
import { initialWeights } from "../../loop/initial_weights.ts";
import type { AttentionLayer } from "../../locref/denoiser.ts";
import { meanOf, number, square } from "../../loop/loss_parts.ts";
import type { PocketFamily } from "../stages/family.ts";
import { byPatches } from "../vae/patches.ts";
import { placedLayers, sideOf } from "./place_loss.ts";

/** Latents of a token's patch along each side. */
function withinOf({ latentSide, across }: PocketFamily): number {
  return latentSide / across;
}

/** Numbers that a token's patch has in the latents. */
function toldOf(family: PocketFamily): number {
  return withinOf(family) ** 2 * family.latentChannels;
}

/** Layers that are read: those that know places and whose grid is no coarser than the tokens. */
function readLayers(family: PocketFamily): AttentionSite[] {
  const size = { height: family.latentSide, width: family.latentSide };
  return placedLayers(crossSites(family.denoiser.places(size)), family)
    .filter((site) => sideOf(site, family) >= family.across);
}

const readerName = (layer: number) => `content_reader.${layer}.weight`;

/** Weights of the linear readers of {@linkcode contentLoss}, which no model keeps. */
export function contentReaders(
  family: PocketFamily,
  seed: number,
): HostWeights {
  const told = toldOf(family);
  const shapes = readLayers(family)
    .map(({ width }, i) => [readerName(i), [told, width]] as const);
  return initialWeights(new Map(shapes), { seed });
}

/** Sides of the grids of queries that are read. */
function sidesOf(family: PocketFamily): number[] {
  const sides = readLayers(family).map((site) => sideOf(site, family));
  return [...new Set(sides)];
}

/** Names of what {@linkcode contentTargets} gives. */
export function contentTargetNames(family: PocketFamily): string[] {
  return sidesOf(family)
    .flatMap((side) => [`content.${side}`, `inside.${side}`]);
}

/**
 * Targets of {@linkcode contentLoss} by grid: for each query the latents of the patch of the token
 * there, `[N, Q, told]`, and the part of them that counts, `[N, Q, 1]`.
 *
 * @param clean clean latents, `[N, channels, side, side]`.
 * @param inside 1 inside of boxes, 0 elsewhere and where there is no composite image, `[N, 1, side,
 * side]`.
 */
export function contentTargets(
  family: PocketFamily,
  clean: Tensor,
  inside: Tensor,
): Values<Tensor> {
  const { across } = family, within = withinOf(family), told = toldOf(family);
  const target = patches(clean, across), where = patches(inside, across);
  const count = clean.shape[0]!;
  return Object.fromEntries(
    sidesOf(family).flatMap((side) => {
      const cells = tokenOfCell(side, across);
      const values = new Float32Array(count * cells.length * told);
      const parts = new Float32Array(count * cells.length);
      for (let n = 0; n < count; n++) {
        for (const [i, token] of cells.entries()) {
          const query = n * cells.length + i, patch = n * across ** 2 + token;
          values.set(target[patch]!, query * told);
          const covered = where[patch]!.reduce((sum, one) => sum + one, 0);
          parts[query] = covered / within ** 2;
        }
      }
      return [
        [`content.${side}`, tensor([count, cells.length, told], values)],
        [`inside.${side}`, tensor([count, cells.length, 1], parts)],
      ];
    }),
  );
}

/**
 * Mean square error of linear readers that predict clean latents from attention to the composite
 * image. Each cell predicts all latents of the patch of the token there.
 */
export function contentLoss<T>(
  ops: LossOps<T>,
  layers: readonly AttentionLayer<T>[],
  batch: Values<T>,
  weights: Params<T>,
  family: PocketFamily,
): T {
  const told = toldOf(family), sites = readLayers(family);
  const read = placedLayers(layers, family)
    .filter((one) => sideOf(one, family) >= family.across);
  const terms = read.map((layer, i) => {
    const { queries, ci, heads } = layer;
    const brought = ops.attention(queries, ci.k, ci.v, { heads });
    const reader = weights.get(readerName(i), [told, sites[i]!.width]);
    const found = ops.linear(brought, reader);
    const side = sideOf(layer, family);
    const miss = square(ops, ops.sub(found, batch[`content.${side}`]!));
    const weight = batch[`inside.${side}`]!;
    const most = ops.add(ops.scale(ops.sum(weight), told), number(ops, 1));
    return ops.div(ops.sum(ops.mul(miss, weight)), most);
  });
  return meanOf(ops, terms);
}

/** The values of each patch of a token, as {@linkcode byPatches} orders them. */
function patches(squares: Tensor, across: number): Float32Array[] {
  const { shape: [count, each, length], data } = byPatches(squares, across);
  return Array.from(
    { length: count! * each! },
    (_, i) => (data as Float32Array).subarray(i * length!, (i + 1) * length!),
  );
}

/** For each cell of a grid the token that covers it. */
function tokenOfCell(side: number, across: number): number[] {
  const place = (at: number) => Math.floor(at * across / side);
  return Array.from(
    { length: side ** 2 },
    (_, i) => place(Math.floor(i / side)) * across + place(i % side),
  );
}
