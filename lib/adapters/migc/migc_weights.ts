import type { WeightSource } from "../../ops/executor.ts";
import { renameWeights } from "../../weights/weight_sources.ts";

/** A file of MIGC or MIGC++: its layers under one kind of name. */
export interface MigcFile {
  readonly plus: boolean;
  /** Names of the cross-attention layers that it acts in. */
  readonly paths: readonly string[];
  /** Layers as `PATH.migc.…`. */
  readonly weights: WeightSource;
}

/** Names of MIGC's layers in its own checkpoint, by the blocks of diffusers. */
const originalBlocks: Readonly<Record<string, string>> = {
  "middle_block.1": "mid_block.attentions.0",
  "output_blocks.3.1": "up_blocks.1.attentions.0",
  "output_blocks.4.1": "up_blocks.1.attentions.1",
  "output_blocks.5.1": "up_blocks.1.attentions.2",
};

/** Whether a file holds layers of MIGC. */
export function isMigc(file: Pick<WeightSource, "names">): boolean {
  return file.names().some((name) => /\.migc\.sac\.conv2\.weight$/.test(name));
}

/** Reads the layers of a file, from its own checkpoint, its conversion for diffusers, or MIGC++. */
export function migcFile(file: WeightSource): MigcFile {
  const plus = file.names().some((name) => /\.migc\.gamma$/.test(name));
  const weights = renameWeights(file, (name) => {
    const [, path, rest] = /^(.*?)\.(?:processor\.)?migc\.(.*)$/.exec(name) ??
      [];
    if (path === undefined) return undefined;
    const [, block, inner] =
      /^(?:state_dict\.)?(middle_block\.1|output_blocks\.\d+\.1)\.(.*)$/.exec(
        path,
      ) ?? [];
    const known = block === undefined ? undefined : originalBlocks[block];
    const whole = known === undefined
      ? path
      : `${known}.${inner!.replace(/\.attn2.*$/, ".attn2")}`;
    return `${whole}.migc.${rest}`;
  });
  const paths = weights.names().flatMap((name) =>
    /^(.*)\.migc\.norm\.weight$/.exec(name)?.[1] ?? []
  );
  return { plus, paths, weights };
}
