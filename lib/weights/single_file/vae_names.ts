import {
  inside,
  ModuleNames,
  type ModulePair,
  vaeResnet,
} from "./module_names.ts";

const attention: readonly ModulePair[] = [
  ["norm.", "group_norm."],
  ["q.", "to_q."],
  ["k.", "to_k."],
  ["v.", "to_v."],
  ["proj_out.", "to_out.0."],
];

/**
 * Names of a VAE's modules in the original code and in diffusers.
 *
 * @param all Original names of its weights, without `first_stage_model.`.
 */
export function vaeNames(all: readonly string[]): ModuleNames {
  const pairs: ModulePair[] = [
    ["quant_conv.", "quant_conv."],
    ["post_quant_conv.", "post_quant_conv."],
  ];
  for (const half of ["encoder", "decoder"] as const) {
    pairs.push(...ends(half), ...blocks(half, all));
  }
  return new ModuleNames(pairs);
}

function ends(half: string): ModulePair[] {
  const both: ModulePair = [`${half}.`, `${half}.`];
  const mid: ModulePair = [`${half}.mid.`, `${half}.mid_block.`];
  return [
    ...inside(both, [
      ["conv_in.", "conv_in."],
      ["norm_out.", "conv_norm_out."],
      ["conv_out.", "conv_out."],
    ]),
    ...inside([`${mid[0]}block_1.`, `${mid[1]}resnets.0.`], vaeResnet),
    ...inside([`${mid[0]}attn_1.`, `${mid[1]}attentions.0.`], attention),
    ...inside([`${mid[0]}block_2.`, `${mid[1]}resnets.1.`], vaeResnet),
  ];
}

/** The original decoder counts its levels from the finest, diffusers from the coarsest. */
function blocks(
  half: "encoder" | "decoder",
  names: readonly string[],
): ModulePair[] {
  const way = half === "encoder" ? "down" : "up";
  const pattern = new RegExp(
    `^${half}\\.${way}\\.(\\d+)\\.(?:block\\.(\\d+)\\.)?`,
  );
  const levels = most(names, pattern, 1);
  const layers = most(names, pattern, 2);
  const pairs: ModulePair[] = [];
  for (let i = 0; i < levels; i++) {
    const level = half === "encoder" ? i : levels - 1 - i;
    const block: ModulePair = [
      `${half}.${way}.${level}.`,
      `${half}.${way}_blocks.${i}.`,
    ];
    for (let j = 0; j < layers; j++) {
      pairs.push(
        ...inside(
          [`${block[0]}block.${j}.`, `${block[1]}resnets.${j}.`],
          vaeResnet,
        ),
      );
    }
    pairs.push([
      `${block[0]}${way}sample.conv.`,
      `${block[1]}${way}samplers.0.conv.`,
    ]);
  }
  return pairs;
}

/** One more than the highest number in a group of the pattern. */
function most(
  names: readonly string[],
  pattern: RegExp,
  group: number,
): number {
  return names.reduce((highest, name) => {
    const number = pattern.exec(name)?.[group];
    return number === undefined
      ? highest
      : Math.max(highest, Number(number) + 1);
  }, 0);
}
