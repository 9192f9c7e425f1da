import { join } from "node:path";
import type { BoundedTokens } from "../../../lib/adapters/bounded_attention/hidden_pairs.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";

/** Which tokens of the text are whose. */
export async function readBoundedTokens(
  dir: string,
  text: Tensor,
): Promise<BoundedTokens> {
  const file = await readJson<{
    subject_tokens: number[][];
    hidden_tokens: number[];
    end_token: number;
  }>(join(dir, "bounded_attention.json"));
  return {
    count: text.shape[1]!,
    subjects: file.subject_tokens,
    hidden: file.hidden_tokens,
    end: file.end_token,
  };
}
