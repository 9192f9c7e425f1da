import { join } from "node:path";
import { adain } from "../../../lib/adapters/style_aligned/adain.ts";
import { styleRows } from "../../../lib/adapters/style_aligned/style_rows.ts";
import { styleAlignedGraph } from "../../../lib/adapters/style_aligned/style_aligned_graph.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import type { Program } from "../../../lib/ops/executor.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import { apartError } from "./style_apart.ts";
import { forward, openTinyUnet } from "./tiny_unet.ts";

/** Switches as the file spells them. */
interface Variant {
  readonly group?: boolean;
  readonly q?: boolean;
  readonly k?: boolean;
  readonly v?: boolean;
  readonly shift?: number;
  readonly scale?: number;
  readonly skip?: readonly number[];
  readonly full?: boolean;
}

/** Several pictures of one style. */
export const styleAlignedCases: readonly GoldenCase[] = [
  { name: "style_aligned.adain", bound: 1e-4, run: statistics },
  ...[
    ...["sdxl", "sd1", "no_adain", "values", "shift"],
    ...["every_second", "full"],
  ].map((name) => ({
    name: `style_aligned.${name}`,
    bound: 1e-4,
    run: (context: GoldenContext) => variant(context, name),
  })),
];

async function variant(
  context: GoldenContext,
  name: string,
): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "style_aligned");
  const { variants } = await readJson<{ variants: Record<string, Variant> }>(
    join(dir, "style_aligned.json"),
  );
  const { group, q, k, v, ...rest } = variants[name]!;
  const sample = goldens.sample!;
  const rows = sample.shape[0]!;
  const graph = styleAlignedGraph({
    ...{ pictures: rows / 2, branches: 2, groupNorm: group },
    ...rest,
    adain: { q, k, v },
  });
  const found = await forward(context, await openTinyUnet(dir, "sd-tiny"), {
    sample,
    timesteps: Array(rows).fill(goldens.timestep!.data[0]),
    text: goldens.encoder_hidden_states!,
    adapters: [{ graph, inputs: {} }],
  });
  const expected = goldens[`out_${name}`]!;
  const together = relativeError(found, expected);
  // runs take the style apart, but where all pictures are shared
  const { full, scale = 1 } = rest;
  if (full || scale !== 1) return together;
  const apart = await apartError(context, goldens, {
    ...{ variant: { q, k, v, group, ...rest }, expected },
  });
  return Math.max(together, apart);
}

async function statistics(
  { dir, executor }: GoldenContext,
): Promise<number> {
  const goldens = await readGoldens(dir, "style_aligned");
  const [rows, , tokens] = goldens.adain_in!.shape as [number, number, number];
  const x = joinHeads(goldens.adain_in!);
  const expected = joinHeads(goldens.adain_out!);
  const batch = { pictures: rows / 2, branches: 2, tokens };
  const program: Program = {
    name: "adain",
    inputs: { x: { kind: "float", shape: x.shape } },
    outputs: { y: { kind: "float", shape: x.shape } },
    run: (ops, _, { x }) => ({
      y: adain(ops, x!, { reference: styleRows(ops, x!, batch), tokens }),
    }),
  };
  const { y } = await runOnce(executor, program, {
    weights: memoryWeights(new Map()),
    inputs: { x },
  });
  return relativeError(y!, expected);
}

/** `[N, heads, tokens, d]` as `[N, tokens, heads · d]`. */
function joinHeads(x: Tensor): Tensor {
  const [rows, heads, tokens, d] = x.shape as [number, number, number, number];
  const out = new Float32Array(x.data.length);
  for (let n = 0; n < rows; n++) {
    for (let h = 0; h < heads; h++) {
      for (let t = 0; t < tokens; t++) {
        const from = ((n * heads + h) * tokens + t) * d;
        out.set(
          x.data.subarray(from, from + d),
          ((n * tokens + t) * heads + h) * d,
        );
      }
    }
  }
  return tensor([rows, tokens, heads * d], out);
}
