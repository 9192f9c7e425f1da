import {
  inside,
  ModuleNames,
  type ModulePair,
  unetResnet,
} from "./module_names.ts";

/** How a UNet is built, as far as names depend on it. */
interface UnetLayout {
  /** Resnets of a block on the way down. */
  readonly layers: number;
  readonly levels: number;
}

/** A module of its own, outside of blocks. */
const single: readonly ModulePair[] = [
  ["time_embed.0.", "time_embedding.linear_1."],
  ["time_embed.2.", "time_embedding.linear_2."],
  ["time_embed.cond_proj.", "time_embedding.cond_proj."],
  ["label_emb.0.0.", "add_embedding.linear_1."],
  ["label_emb.0.2.", "add_embedding.linear_2."],
  ["input_blocks.0.0.", "conv_in."],
  ["out.0.", "conv_norm_out."],
  ["out.2.", "conv_out."],
  ...inside(["middle_block.0.", "mid_block.resnets.0."], unetResnet),
  ["middle_block.1.", "mid_block.attentions.0."],
  ...inside(["middle_block.2.", "mid_block.resnets.1."], unetResnet),
];

/**
 * Names of a UNet's modules in the original code and in diffusers.
 *
 * @param names Names of its weights, original ones without `model.diffusion_model.`, or those of diffusers.
 */
export function unetNames(names: readonly string[]): ModuleNames {
  return new ModuleNames(unetPairs(names));
}

/** The modules as pairs. */
export function unetPairs(names: readonly string[]): ModulePair[] {
  const layout = layoutOf(names);
  return [...single, ...wayDown(layout), ...wayUp(layout)];
}

function layoutOf(names: readonly string[]): UnetLayout {
  return originalLayout(names) ?? {
    layers: counted(names, /^down_blocks\.0\.resnets\.(\d+)\./),
    levels: counted(names, /^down_blocks\.(\d+)\./),
  };
}

/** The first downsampler comes after the layers of the first block. */
function originalLayout(names: readonly string[]): UnetLayout | undefined {
  const blocks = counted(names, /^input_blocks\.(\d+)\./);
  if (blocks === 0) return undefined;
  const samplers = numbers(names, /^input_blocks\.(\d+)\.0\.op\./);
  return {
    layers: samplers.size === 0 ? blocks - 1 : Math.min(...samplers) - 1,
    levels: samplers.size + 1,
  };
}

function wayDown({ layers, levels }: UnetLayout): ModulePair[] {
  const pairs: ModulePair[] = [];
  for (let i = 0; i < levels; i++) {
    const first = 1 + i * (layers + 1);
    for (let j = 0; j < layers; j++) {
      const from = `input_blocks.${first + j}.`;
      pairs.push(
        ...inside([`${from}0.`, `down_blocks.${i}.resnets.${j}.`], unetResnet),
        [`${from}1.`, `down_blocks.${i}.attentions.${j}.`],
      );
    }
    pairs.push([
      `input_blocks.${first + layers}.0.op.`,
      `down_blocks.${i}.downsamplers.0.conv.`,
    ]);
  }
  return pairs;
}

function wayUp({ layers, levels }: UnetLayout): ModulePair[] {
  const pairs: ModulePair[] = [];
  for (let i = 0; i < levels; i++) {
    const first = i * (layers + 1);
    for (let j = 0; j <= layers; j++) {
      const from = `output_blocks.${first + j}.`;
      pairs.push(
        ...inside([`${from}0.`, `up_blocks.${i}.resnets.${j}.`], unetResnet),
        [`${from}1.`, `up_blocks.${i}.attentions.${j}.`],
      );
    }
    // behind the attention, where the block has one
    for (const place of [1, 2]) {
      pairs.push([
        `output_blocks.${first + layers}.${place}.conv.`,
        `up_blocks.${i}.upsamplers.0.conv.`,
      ]);
    }
  }
  return pairs;
}

function counted(names: readonly string[], pattern: RegExp): number {
  return numbers(names, pattern).size;
}

function numbers(names: readonly string[], pattern: RegExp): Set<number> {
  return new Set(
    names.flatMap((name) => {
      const found = pattern.exec(name)?.[1];
      return found === undefined ? [] : [Number(found)];
    }),
  );
}
