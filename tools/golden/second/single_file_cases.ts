import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import { parseClipTextConfig } from "../../../lib/weights/configs/clip_config.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import { openSingleFile } from "../../../lib/weights/single_file/open_single_file.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import type { WeightSource } from "../../../lib/ops/executor.ts";
import {
  boundIn,
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import type { GoldenGroup } from "../golden_set.ts";

/** One checkpoint in one file, and the folder whose outputs hold for it. */
interface SingleFileCase {
  readonly name: string;
  readonly file: string;
  readonly folder: string;
  readonly parts: readonly string[];
  /** The beginning of the names of the folder's cases. */
  readonly cases: readonly string[];
  /** File of the outputs of a text encoder, and the encoder's folder. */
  readonly text: readonly [goldens: string, part: string, answer: string];
}

const files: readonly SingleFileCase[] = [
  {
    name: "sd15",
    file: "single-sd15.safetensors",
    folder: "sd15-tiny",
    parts: ["unet", "vae", "text_encoder"],
    cases: ["sd15.", "clip_skip."],
    text: ["clip_skip", "text_encoder", "clip_skip_0"],
  },
  {
    name: "sd21",
    file: "single-sd21.safetensors",
    folder: "sd21-tiny",
    parts: ["unet", "vae", "text_encoder"],
    cases: ["sd21."],
    text: ["sd21_text", "text_encoder", "last_hidden_state"],
  },
  {
    name: "sdxl",
    file: "single-sdxl.safetensors",
    folder: "sdxl-tiny",
    parts: ["unet", "vae", "text_encoder", "text_encoder_2"],
    cases: ["sdxl.", "vae.sdxl"],
    text: ["sdxl_text", "text_encoder_2", "last_hidden_2"],
  },
];

/**
 * Checkpoints in one file: every case of the folder with the same weights, on weights that were read
 * from the file. Numbers of heads and groups come from the folder's configs, since those of tiny
 * models are not their family's.
 */
export function singleFileCases(groups: readonly GoldenGroup[]): GoldenCase[] {
  return files.map((one) => ({
    name: `single_file.${one.name}`,
    bound: 1e-3,
    loop: true,
    run: (context) => asFolder(context, one, groups),
  }));
}

async function asFolder(
  context: GoldenContext,
  one: SingleFileCase,
  groups: readonly GoldenGroup[],
): Promise<number> {
  const source = await openSingleFile(join(context.dir, one.file));
  const dir = await mkdtemp(join(tmpdir(), "locref-golden-"));
  try {
    for (const name of await readdir(context.dir)) {
      if (name === one.folder) continue;
      await symlink(resolve(context.dir, name), join(dir, name));
    }
    await cp(join(context.dir, one.folder), join(dir, one.folder), {
      recursive: true,
    });
    for (const name of one.parts) {
      const part = await source.part(name);
      await replaceWeights(join(dir, one.folder, name), await part.weights());
    }
    const direct = await textError(
      context,
      one,
      async (part) => await (await source.part(part)).weights(),
    );
    return Math.max(direct, await worst({ ...context, dir }, one, groups));
  } finally {
    await rm(dir, { recursive: true });
  }
}

/** Writes weights in the place of those in a part's folder. */
async function replaceWeights(
  folder: string,
  weights: WeightSource,
): Promise<void> {
  const [file] = (await readdir(folder)).filter((name) =>
    name.endsWith(".safetensors")
  );
  const tensors = weights.names().map((name) =>
    [name, {
      shape: weights.info(name)!.shape,
      data: () => weights.read(name),
    }] as const
  );
  await rm(join(folder, file!));
  await writeSafetensors(join(folder, file!), new Map(tensors));
}

/** A text encoder on the weights where they lie in the file. */
async function textError(
  { dir, executor, precision }: GoldenContext,
  { folder, text: [file, part, answer] }: SingleFileCase,
  weightsOf: (part: string) => Promise<WeightSource>,
): Promise<number> {
  const goldens = await readGoldens(dir, file);
  const { config } = await openPart(
    join(dir, folder, part),
    parseClipTextConfig,
  );
  const ids = goldens[part.endsWith("_2") ? "input_ids_2" : "input_ids"]!;
  const { hidden } = await runOnce(executor, clipTextProgram(config), {
    weights: await weightsOf(part),
    inputs: { ids },
  });
  const error = relativeError(hidden!, goldens[answer]!);
  return error <= boundIn({ bound: 1e-4 }, precision) ? error : Infinity;
}

/** The largest error of the folder's cases; one above its bound counts as infinite. */
async function worst(
  context: GoldenContext,
  { cases }: SingleFileCase,
  groups: readonly GoldenGroup[],
): Promise<number> {
  let error = 0, count = 0;
  for (const group of groups) {
    for (const one of await group(context.dir)) {
      if (!cases.some((start) => one.name.startsWith(start))) continue;
      if (one.name.endsWith(".tokens")) continue;
      const found = await one.run(context);
      count++;
      error = Math.max(
        error,
        found <= boundIn(one, context.precision) ? found : Infinity,
      );
    }
  }
  return count > 0 ? error : Infinity;
}
