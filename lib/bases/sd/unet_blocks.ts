import type { Hooks, KeyValue } from "../hooks.ts";
import type { AttentionSite } from "../places.ts";
import { conv2d } from "../../ops/layers.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Size } from "../../core/geometry.ts";
import type { Params } from "../../ops/params.ts";
import { attentionSites } from "./attention_sites.ts";
import { hasAttention, levelSizes } from "./cross_attention_layers.ts";
import { resnetBlock } from "../../encoders/resnet_block.ts";
import { type TimeConditioning, timeEmbedding } from "./time_embedding.ts";
import { spatialTransformer } from "./transformer.ts";
import {
  depthAt,
  headsAt,
  middleAttends,
  timeWidth,
  type UnetConfig,
} from "./unet_config.ts";

/** Inputs of a UNet beside the noisy latents. */
export interface UnetConditioning<T> extends TimeConditioning<T> {
  /** Keys and values of the text in each cross-attention layer, in their order. */
  readonly text: readonly KeyValue<T>[];
  /** Hooks of adapters. @default {a plain UNet} */
  readonly hooks?: Hooks<T>;
  /** Receives the queries `[N, Q, width]` of every cross-attention layer. */
  readonly onQueries?: (at: AttentionSite, q: T) => void;
  /** Height and width of the latents. */
  readonly size: Size;
  /**
   * Features that {@linkcode UnetConditioning.onDeep} received at an earlier step, `[N,
   * block_out_channels[0], height, width]`: only what comes before and after it is computed (Ma et
   * al. 2024, "DeepCache").
   */
  readonly deep?: T;
  /** Is given the input of the last layer of the last block, before the skip joins it. */
  readonly onDeep?: (deep: T) => void;
}

/** Half a UNet: its features on the way down, and the middle block's result. */
export interface UnetFeatures<T> {
  /** In the order of {@linkcode skipSites}. */
  readonly skips: readonly Skip<T>[];
  readonly middle: Skip<T>;
}

/** A feature that the way down leaves for the way up. */
export interface Skip<T> {
  readonly x: T;
  readonly channels: number;
}

/** The three kinds of block, sharing what all of them read. */
export class UnetBlocks<T> {
  readonly #ops: Ops<T>;
  readonly #p: Params<T>;
  readonly #config: UnetConfig;
  readonly #conditioning: UnetConditioning<T>;
  readonly #sizes: Size[];
  readonly #time: T;
  readonly #sites: Map<string, AttentionSite>;
  readonly #hooks: Hooks<T>;

  constructor(
    ops: Ops<T>,
    p: Params<T>,
    config: UnetConfig,
    conditioning: UnetConditioning<T>,
  ) {
    this.#ops = ops;
    this.#p = p;
    this.#config = config;
    this.#conditioning = conditioning;
    this.#sizes = levelSizes(config, conditioning.size);
    this.#time = ops.silu(
      timeEmbedding(ops, p, conditioning, config),
    );
    this.#hooks = conditioning.hooks ?? {};
    this.#sites = new Map(
      attentionSites(config, conditioning.size).map((at) => [at.path, at]),
    );
  }

  /** Everything between the first convolution and the last layer of the last block. */
  deep(first: Skip<T>): T {
    const { skips, middle } = this.features(first);
    // the first skip joins in the last layer, see last()
    const left = skips.map((skip, i) => i > 0 ? this.#residual(i, skip) : skip);
    let { x } = this.#residual("mid", middle);
    for (const i of this.#config.up_block_types.keys()) {
      x = this.#up(i, x, left);
    }
    this.#conditioning.onDeep?.(x);
    return x;
  }

  /** The way down and the middle. */
  features(first: Skip<T>): UnetFeatures<T> {
    const skips: Skip<T>[] = [first];
    let { x } = first;
    for (const i of this.#config.down_block_types.keys()) {
      x = this.#down(i, x, skips);
    }
    const channels = this.#config.block_out_channels.at(-1)!;
    return { skips, middle: { x: this.#mid(x), channels } };
  }

  #residual(index: number | "mid", { x, channels }: Skip<T>): Skip<T> {
    const { residual } = this.#hooks;
    return { x: residual?.({ index, channels }, x) ?? x, channels };
  }

  /** The features of a level, where a hook replaces them. */
  #level(level: number, { x, channels }: Skip<T>): Skip<T> {
    const hook = this.#hooks.level;
    return { x: hook?.({ level, channels }, x) ?? x, channels };
  }

  /** The last layer of the last block. */
  last(x: T, skip: Skip<T>): T {
    const { up_block_types: up, layers_per_block: layers } = this.#config;
    const [width] = this.#config.block_out_channels;
    return this.#upLayer({ index: up.length - 1, layer: layers }, x, {
      skip: this.#residual(0, skip),
      from: width!,
    });
  }

  #down(index: number, x: T, skips: Skip<T>[]): T {
    const { block_out_channels: channels, layers_per_block: layers } =
      this.#config;
    const p = this.#p.at("down_blocks").at(index);
    const out = channels[index]!;
    const attends = hasAttention(this.#config.down_block_types[index]!);
    for (let i = 0; i < layers; i++) {
      const from = i > 0 ? out : channels[Math.max(0, index - 1)]!;
      x = this.#resnet(p.at("resnets").at(i), x, from, out);
      if (attends) x = this.#transformer(p.at("attentions").at(i), x, index);
      const last = attends && i === layers - 1;
      const skip = { x, channels: out };
      skips.push(last ? this.#level(index, skip) : skip);
      ({ x } = skips.at(-1)!);
    }
    if (index < channels.length - 1) {
      const conv = p.at("downsamplers").at(0).at("conv");
      x = conv2d(this.#ops, conv, x, { in: out, out, stride: 2 });
      skips.push({ x, channels: out });
    }
    if (attends) return x;
    skips.push(this.#level(index, skips.pop()!));
    return skips.at(-1)!.x;
  }

  #mid(x: T): T {
    const level = this.#config.block_out_channels.length - 1;
    const width = this.#config.block_out_channels[level]!;
    const p = this.#p.at("mid_block");
    x = this.#resnet(p.at("resnets").at(0), x, width, width);
    if (!middleAttends(this.#config)) return x;
    x = this.#transformer(p.at("attentions").at(0), x, level);
    return this.#resnet(p.at("resnets").at(1), x, width, width);
  }

  /** All layers of a block on the way up, but for the very last one. */
  #up(index: number, x: T, skips: Skip<T>[]): T {
    const { block_out_channels: channels, layers_per_block: layers } =
      this.#config;
    const p = this.#p.at("up_blocks").at(index);
    const level = channels.length - 1 - index;
    const out = channels[level]!;
    const below = channels[Math.min(level + 1, channels.length - 1)]!;
    for (let layer = 0; layer < layers + (level > 0 ? 1 : 0); layer++) {
      const skip = skips.pop()!;
      const from = layer > 0 ? out : below;
      x = this.#upLayer({ index, layer }, x, { skip, from });
    }
    if (level === 0) return x;
    const larger = this.#ops.upsample(x, this.#sizes[level - 1]!);
    return conv2d(this.#ops, p.at("upsamplers").at(0).at("conv"), larger, {
      in: out,
      out,
    });
  }

  #upLayer(
    { index, layer }: { index: number; layer: number },
    x: T,
    { skip, from }: { skip: Skip<T>; from: number },
  ): T {
    const { block_out_channels: channels, up_block_types: types } =
      this.#config;
    const p = this.#p.at("up_blocks").at(index);
    const level = channels.length - 1 - index;
    const width = from + skip.channels;
    const parts = { x, skip: skip.x };
    const both = this.#hooks.join?.({ block: index }, parts) ?? parts;
    const joined = this.#ops.concatChannels([both.x, both.skip]);
    const hidden = this.#resnet(
      p.at("resnets").at(layer),
      joined,
      width,
      channels[level]!,
    );
    return hasAttention(types[index]!)
      ? this.#transformer(p.at("attentions").at(layer), hidden, level)
      : hidden;
  }

  #resnet(p: Params<T>, x: T, from: number, out: number): T {
    return this.#block(() =>
      resnetBlock(this.#ops, p, x, this.#time, {
        in: from,
        out,
        groups: this.#config.norm_num_groups,
        eps: this.#config.norm_eps,
        timeWidth: timeWidth(this.#config),
      })
    );
  }

  #transformer(p: Params<T>, x: T, level: number): T {
    return this.#block(() =>
      spatialTransformer(this.#ops, p, x, {
        width: this.#config.block_out_channels[level]!,
        heads: headsAt(this.#config, level),
        depth: depthAt(this.#config, level),
        groups: this.#config.norm_num_groups,
        size: this.#sizes[level]!,
        linearProjection: this.#config.use_linear_projection ?? false,
        siteOf: (path) => this.#sites.get(path.slice(this.#p.prefix.length))!,
        textOf: ({ layer }) => this.#conditioning.text[layer]!,
        hooks: this.#hooks,
        onQueries: this.#conditioning.onQueries,
      })
    );
  }

  #block(part: () => T): T {
    const { block } = this.#ops;
    return block === undefined ? part() : block(part);
  }
}
