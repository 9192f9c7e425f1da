import { join } from "node:path";
import {
  type ClipTextForm,
  clipTextProgram,
  pooledText,
} from "../../../lib/encoders/clip_text.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { concatWidth } from "../../../lib/core/tensor_rows.ts";
import { parseClipTextConfig } from "../../../lib/weights/configs/clip_config.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";

/** The cases of text encoders: layers that are left out, projections, activations. */
export function textCases(): GoldenCase[] {
  return [
    { name: "sdxl.text", bound: 1e-4, run: sdxl },
    {
      name: "sd21.text",
      bound: 1e-4,
      run: async (context) => {
        const goldens = await readGoldens(context.dir, "sd21_text");
        const { hidden } = await encoded(
          context,
          "sd21-tiny/text_encoder",
          goldens.input_ids!,
        );
        return relativeError(hidden!, goldens.last_hidden_state!);
      },
    },
    ...[0, 1, 2].map((skip) => ({
      name: `clip_skip.${skip}`,
      bound: 1e-4,
      run: (context: GoldenContext) => clipSkip(context, skip),
    })),
  ];
}

async function clipSkip(
  context: GoldenContext,
  skip: number,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "clip_skip");
  const { hidden } = await encoded(
    context,
    "sd15-tiny/text_encoder",
    goldens.input_ids!,
    { skip },
  );
  return relativeError(hidden!, goldens[`clip_skip_${skip}`]!);
}

async function sdxl(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "sdxl_text");
  const { input_ids: ids, input_ids_2: ids2 } = goldens;
  const both = async (skip: number) => {
    const form = { skip, normed: false };
    const part = "sdxl-tiny/text_encoder";
    return {
      first: await encoded(context, part, ids!, form),
      second: await encoded(context, `${part}_2`, ids2!, {
        ...form,
        projected: true,
      }),
    };
  };
  const { first, second } = await both(1);
  const skipped = await both(2);
  const last = await encoded(context, "sdxl-tiny/text_encoder_2", ids2!);
  const compared: [Tensor, Tensor][] = [
    [first.hidden!, goldens.hidden!],
    [second.hidden!, goldens.hidden_2!],
    [pooledText(second.projected!, ids2!), goldens.pooled_2!],
    [concatWidth([first.hidden!, second.hidden!]), goldens.prompt_embeds!],
    [
      concatWidth([skipped.first.hidden!, skipped.second.hidden!]),
      goldens.clip_skip_1!,
    ],
    [pooledText(skipped.second.projected!, ids2!), goldens.pooled_2!],
    [last.hidden!, goldens.last_hidden_2!],
  ];
  return Math.max(...compared.map(([a, b]) => relativeError(a, b)));
}

async function encoded(
  { dir, executor }: GoldenContext,
  folder: string,
  ids: Tensor,
  form: ClipTextForm = {},
): Promise<Record<string, Tensor>> {
  const { config, weights } = await openPart(
    join(dir, folder),
    parseClipTextConfig,
  );
  const program = clipTextProgram(config, form);
  return await runOnce(executor, program, { weights, inputs: { ids } });
}
