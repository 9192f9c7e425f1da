import type { WeightSource } from "../../ops/executor.ts";
import { renameWeights } from "../../weights/weight_sources.ts";

/** Whether a file holds GLIGEN's fusers and grounding net, beside a UNet or alone. */
export function isGligen(file: Pick<WeightSource, "names" | "info">): boolean {
  const names = file.names();
  return names.some((name) =>
    /(^|\.)position_net\.null_position_feature$/.test(name)
  ) &&
    names.some((name) => /\.fuser\.linear\.weight$/.test(name));
}

/**
 * GLIGEN's own weights under diffusers' names, from a UNet of diffusers or from the original's names
 * (`input_blocks.1.1.transformer_blocks.0.fuser.…`).
 */
export function gligenWeights(file: WeightSource): WeightSource {
  return renameWeights(file, (name) => {
    const plain = name.replace(/^model\.diffusion_model\./, "");
    if (plain.startsWith("position_net.")) return plain;
    if (!plain.includes(".fuser.")) return undefined;
    return plain.replace(
      /^(input_blocks|output_blocks|middle_block)\.(\d+)\.(?:1\.)?(?=transformer_blocks)/,
      (_, kind: string, index: string) => `${blockOf(kind, Number(index))}.`,
    );
  });
}

/** The place in diffusers' UNet of one of the original's blocks; three make up a level. */
function blockOf(kind: string, index: number): string {
  if (kind === "middle_block") return "mid_block.attentions.0";
  const [way, at] = kind === "input_blocks"
    ? ["down_blocks", index - 1]
    : ["up_blocks", index];
  return `${way}.${Math.floor(at / 3)}.attentions.${at % 3}`;
}
