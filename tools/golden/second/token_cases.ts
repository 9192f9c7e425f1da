import { join } from "node:path";
import { loadClipTokenizer } from "../../../lib/encoders/clip_tokenizer.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { GoldenCase } from "../golden_case.ts";

/** The cases of tokenizers that pad with other tokens than the end. */
export function tokenCases(): GoldenCase[] {
  return [
    {
      name: "sdxl.tokens",
      bound: 0,
      run: async ({ dir }) =>
        Math.max(
          await wrongIds(dir, "sdxl", { tokenizer: "tokenizer", ids: "ids" }),
          await wrongIds(dir, "sdxl", {
            tokenizer: "tokenizer_2",
            ids: "ids_2",
          }),
        ),
    },
    {
      name: "sd21.tokens",
      bound: 0,
      run: ({ dir }) =>
        wrongIds(dir, "sd21", { tokenizer: "tokenizer", ids: "ids" }),
    },
  ];
}

/** The share of texts whose token ids differ. */
async function wrongIds(
  dir: string,
  model: string,
  names: { tokenizer: string; ids: "ids" | "ids_2" },
): Promise<number> {
  const { cases } = await readJson<{
    cases: { text: string; ids: number[]; ids_2: number[] }[];
  }>(join(dir, `${model}_tokens.json`));
  const folder = join(dir, `${model}-tiny`, names.tokenizer);
  const tokenizer = await loadClipTokenizer(folder);
  const wrong = cases.filter((one) =>
    tokenizer.encode(one.text).ids.join() !== one[names.ids].join()
  );
  return wrong.length / cases.length;
}
