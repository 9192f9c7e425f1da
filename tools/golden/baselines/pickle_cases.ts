import { join } from "node:path";
import { LocRefError } from "../../../lib/core/error.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { openPickle } from "../../../lib/weights/pickles/open_pickle.ts";
import type { GoldenCase } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";

/** PyTorch checkpoints that are read without running them. */
export const pickleCases: readonly GoldenCase[] = [
  exact("nested", "nested.bin"),
  // the same tensors as in the new form
  exact("legacy", "legacy.bin", "nested"),
  exact("views", "views.bin"),
  {
    name: "pickles.lightning",
    bound: 0,
    async run({ dir }) {
      const refused = await refusal(join(dir, "pickles", "lightning.ckpt"));
      const error = await tensorError(dir, "lightning", "lightning.ckpt", true);
      return refused.includes("calls types.SimpleNamespace") ? error : 1;
    },
  },
  {
    name: "pickles.hostile",
    bound: 0,
    async run({ dir }) {
      const path = join(dir, "pickles", "hostile.ckpt");
      const refusals = [await refusal(path), await refusal(path, true)];
      return refusals.every((one) => / calls \w+\.\w+/.test(one)) ? 0 : 1;
    },
  },
];

function exact(name: string, file: string, group = name): GoldenCase {
  const run = ({ dir }: { dir: string }) => tensorError(dir, group, file);
  return { name: `pickles.${name}`, bound: 0, run };
}

/** Largest difference between a checkpoint's tensors and the expected ones; 1 where names differ. */
async function tensorError(
  dir: string,
  group: string,
  name: string,
  tensorsOnly = false,
): Promise<number> {
  const expected = Object.entries(await readGoldens(dir, "pickles"))
    .filter(([key]) => key.startsWith(`${group}.`))
    .map(([key, one]) => [key.slice(group.length + 1), one] as const);
  const file = await openPickle(join(dir, "pickles", name), { tensorsOnly });
  if (file.names().join() !== expected.map(([key]) => key).sort().join()) {
    return 1;
  }
  let largest = 0;
  for (const [key, one] of expected) {
    const { shape } = file.info(key)!;
    const found = tensor(shape, await file.read(key));
    largest = Math.max(largest, difference(found, one));
  }
  return largest;
}

function difference(a: Tensor, b: Tensor): number {
  if (a.shape.join() !== b.shape.join()) return 1;
  let most = 0;
  for (let i = 0; i < a.data.length; i++) {
    most = Math.max(most, Math.abs(a.data[i]! - b.data[i]!));
  }
  return most;
}

/** The message that refuses a checkpoint; empty where none does. */
async function refusal(path: string, tensorsOnly = false): Promise<string> {
  try {
    await openPickle(path, { tensorsOnly });
    return "";
  } catch (error) {
    if (error instanceof LocRefError) return error.message;
    throw error;
  }
}
