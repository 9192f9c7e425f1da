import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { locrefPrograms } from "../../../lib/adapters/locref/locref_programs.ts";
import { unetPrograms } from "../../../lib/bases/sd/unet_programs.ts";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import type { Program } from "../../../lib/ops/executor.ts";
import { listAllWeights } from "../../../lib/ops/list_weights.ts";
import {
  type HostWeight,
  type HostWeights,
  writeHostWeights,
} from "../../loop/host_weights.ts";
import { clipTextConfig } from "./clip_configs.ts";
import type { PocketFamily } from "./family.ts";
import { modelIndexOf, schedulerConfig, unetFile } from "./unet_config.ts";
import { readPart } from "./read_part.ts";
import { writeJson, writePart } from "./write_part.ts";

const partNames = ["unet", "text_encoder", "locref"] as const;

type PartName = typeof partNames[number];

/** Programs whose weights are trained together, by the part of the model that they go into. */
function programsOf(
  { unet, appearanceNet, latentSide: side }: PocketFamily,
): Readonly<Record<PartName, Readonly<Record<string, () => Program>>>> {
  return {
    unet: unetPrograms(unet, { size: { height: side, width: side } }),
    text_encoder: { text_encoder: () => clipTextProgram(clipTextConfig) },
    locref: locrefPrograms(appearanceNet, attentionLayers(unet)),
  };
}

/** The file of each part within a model's folder. */
const files: Readonly<Record<PartName, string>> = {
  unet: "unet/diffusion_pytorch_model.safetensors",
  text_encoder: "text_encoder/model.safetensors",
  locref: "locref/locref.safetensors",
};

/** Names and shapes of everything that the UNet stage trains. */
export function jointShapes(
  family: PocketFamily,
): Map<string, readonly number[]> {
  return new Map(
    partNames.flatMap((name) => [...shapesOf(name, family)]),
  );
}

/** Reads what {@linkcode writeModel} wrote, to train on from there. */
export async function readModel(
  folder: string,
  family: PocketFamily,
): Promise<HostWeights> {
  const weights = new Map<string, HostWeight>();
  for (const name of partNames) {
    const own = await readPart(
      join(folder, files[name]),
      shapesOf(name, family),
    );
    for (const one of own) weights.set(...one);
  }
  return weights;
}

/**
 * Writes UNet, text encoder, adapter and the files around them into a model's folder.
 *
 * @param sizes widths and heights that it was trained on, in any order.
 */
export async function writeModel(
  folder: string,
  weights: HostWeights,
  family: PocketFamily,
  sizes: readonly (readonly [number, number])[] = [],
): Promise<void> {
  const part = (name: PartName): HostWeights =>
    new Map(
      [...shapesOf(name, family).keys()]
        .map((one) => [one, weights.get(one)!]),
    );
  await writePart(join(folder, "unet"), "diffusion_pytorch_model", {
    config: unetFile(family.unet),
    weights: part("unet"),
  });
  await writePart(join(folder, "text_encoder"), "model", {
    config: clipTextConfig,
    weights: part("text_encoder"),
  });
  await mkdir(join(folder, "locref"), { recursive: true });
  await writeHostWeights(
    join(folder, files.locref),
    part("locref"),
    {
      dtype: "F16",
      metadata: {
        format: "locref",
        version: "1",
        tokens: String(family.appearanceNet.tokens),
        encoder_input: "patch",
        fit: "stretch",
        ...(family.compositeFit === "contain" && { composite_fit: "contain" }),
        tau: "1",
        lambda_ci: "1",
        lambda_ri: "1",
        overlap: "average",
      },
    },
  );
  await mkdir(join(folder, "scheduler"), { recursive: true });
  await writeJson(
    join(folder, "scheduler", "scheduler_config.json"),
    schedulerConfig,
  );
  await writeJson(
    join(folder, "model_index.json"),
    modelIndexOf(besides(family, sizes)),
  );
}

/** The sizes that are not the model's own, each once. */
function besides(
  { side }: PocketFamily,
  sizes: readonly (readonly [number, number])[],
): (readonly [number, number])[] {
  const others = sizes.filter(([width, height]) =>
    width !== side || height !== side
  );
  return [...new Map(others.map((one) => [one.join(), one])).values()];
}

function shapesOf(
  name: PartName,
  family: PocketFamily,
): Map<string, readonly number[]> {
  return listAllWeights(programsOf(family)[name]);
}
