/** Convolutions that carry values and constants from one layout of channels to another. */

import type { HostWeight } from "../../loop/host_weights.ts";
import type { LinearCodec } from "./linear_codec.ts";
import { channelsOf, constant, type Layout } from "./vae_layout.ts";

/** Weights that a VAE begins with, by name. */
export type Weights = ReadonlyMap<string, HostWeight>;

/** Sets one weight of a convolution; `kernel` is the place in its window. */
type Setter = (
  out: number,
  from: number,
  kernel: number,
  value: number,
) => void;

/** The setter of a convolution whose rows for `channels` are cleared. */
export function cleared(
  weights: Weights,
  name: string,
  channels: readonly number[],
): Setter {
  const { shape, data } = weights.get(`${name}.weight`)!;
  const [, from, height, width] = shape as [number, number, number, number];
  const window = height * width;
  for (const channel of channels) {
    data.fill(0, channel * from * window, (channel + 1) * from * window);
  }
  return (o, i, k, value) => {
    data[(o * from + i) * window + k] = value;
  };
}

/** Residual branches leave the channels of a layout alone. */
export function keepClear(
  weights: Weights,
  prefix: string,
  layout: Layout,
): void {
  for (const name of weights.keys()) {
    if (!name.startsWith(prefix) || !name.endsWith(".conv2.weight")) continue;
    cleared(weights, name.replace(/\.weight$/, ""), channelsOf(layout));
  }
}

/** A convolution that brings values and constants from one layout to another; `middle` is its own cell. */
export function carry(
  weights: Weights,
  name: string,
  { from, to, middle }: { from: Layout; to: Layout; middle: number },
): void {
  const set = cleared(weights, name, channelsOf(to));
  for (const { channel, value, sign } of to.carriers) {
    set(channel, from.carriers[value]!.channel, middle, sign);
  }
  carryConstants(set, { from, to, middle });
}

function carryConstants(
  set: Setter,
  { from, to, middle }: { from: Layout; to: Layout; middle: number },
): void {
  for (const [plus, minus] of to.constants) {
    set(plus, from.constants[0]![0], middle, 1);
    set(minus, from.constants[0]![1], middle, 1);
  }
}

/** The constants as biases of a tower's first convolution. */
export function beginConstants(
  weights: Weights,
  name: string,
  layout: Layout,
): void {
  const bias = weights.get(`${name}.bias`)!.data;
  for (const [plus, minus] of layout.constants) {
    bias[plus] = constant;
    bias[minus] = -constant;
  }
}

/** A convolution of one cell that leaves rows as they are. */
export function identity(
  weights: Weights,
  name: string,
  rows: readonly number[],
): void {
  if (!weights.has(`${name}.weight`)) return;
  const set = cleared(weights, name, rows);
  for (const row of rows) set(row, row, 0, 1);
}

/** A strided convolution whose window is the 2 × 2 cells at its corner. */
export function beginDown(
  weights: Weights,
  name: string,
  { map, from, to }: { map: DownMapOf; from: Layout; to: Layout },
): void {
  const set = cleared(weights, name, channelsOf(to));
  const bias = weights.get(`${name}.bias`)!.data;
  const values = map.weights.columns / 4;
  for (const { channel, value, sign } of to.carriers) {
    for (let i = 0; i < map.weights.columns; i++) {
      const cell = Math.floor(i / values);
      const kernel = 3 * Math.floor(cell / 2) + cell % 2;
      const weight = map.weights.data[value * map.weights.columns + i]!;
      set(channel, from.carriers[i % values]!.channel, kernel, sign * weight);
    }
    bias[channel] = sign * map.bias[value]!;
  }
  carryConstants(set, { from, to, middle: 0 });
}

type DownMapOf = LinearCodec["down"][number];

/** A convolution after values were repeated. */
export function beginUp(
  weights: Weights,
  name: string,
  { map, from, to }: {
    map: LinearCodec["up"][number]["weights"];
    from: Layout;
    to: Layout;
  },
): void {
  const set = cleared(weights, name, channelsOf(to));
  const bias = weights.get(`${name}.bias`)!.data;
  const values = (map.rows - 1) / 9;
  for (const { channel, value, sign } of to.carriers) {
    for (let i = 0; i < map.rows - 1; i++) {
      const kernel = Math.floor(i / values);
      const weight = map.data[i * map.columns + value]!;
      set(channel, from.carriers[i % values]!.channel, kernel, sign * weight);
    }
    bias[channel] = sign * map.data[(map.rows - 1) * map.columns + value]!;
  }
  carryConstants(set, { from, to, middle: 4 });
}
