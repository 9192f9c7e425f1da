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
import {
  modelIndex,
  pocketAppearanceNet,
  pocketUnetConfig,
  schedulerConfig,
} from "./unet_config.ts";
import { readPart } from "./read_part.ts";
import { writeJson, writePart } from "./write_part.ts";

const size = { height: 16, width: 16 };

const partNames = ["unet", "text_encoder", "locref"] as const;

type PartName = typeof partNames[number];

/** Programs whose weights are trained together, by the part of the model that they go into. */
const programs: Readonly<
  Record<PartName, Readonly<Record<string, () => Program>>>
> = {
  unet: unetPrograms(pocketUnetConfig, { size }),
  text_encoder: { text_encoder: () => clipTextProgram(clipTextConfig) },
  locref: locrefPrograms(
    pocketAppearanceNet,
    attentionLayers(pocketUnetConfig),
  ),
};

/** The file of each part within a model's folder. */
const files: Readonly<Record<PartName, string>> = {
  unet: "unet/diffusion_pytorch_model.safetensors",
  text_encoder: "text_encoder/model.safetensors",
  locref: "locref/locref.safetensors",
};

/** Names and shapes of everything that the UNet stage trains. */
export function jointShapes(): Map<string, readonly number[]> {
  return new Map(
    partNames.flatMap((name) => [...shapesOf(name)]),
  );
}

/** Reads what {@linkcode writeModel} wrote, to train on from there. */
export async function readModel(folder: string): Promise<HostWeights> {
  const weights = new Map<string, HostWeight>();
  for (const name of partNames) {
    const own = await readPart(join(folder, files[name]), shapesOf(name));
    for (const one of own) weights.set(...one);
  }
  return weights;
}

/** Writes UNet, text encoder, adapter and the files around them into a model's folder. */
export async function writeModel(
  folder: string,
  weights: HostWeights,
): Promise<void> {
  await writePart(join(folder, "unet"), "diffusion_pytorch_model", {
    config: pocketUnetConfig,
    weights: part("unet", weights),
  });
  await writePart(join(folder, "text_encoder"), "model", {
    config: clipTextConfig,
    weights: part("text_encoder", weights),
  });
  await mkdir(join(folder, "locref"), { recursive: true });
  await writeHostWeights(
    join(folder, files.locref),
    part("locref", weights),
    {
      dtype: "F16",
      metadata: {
        format: "locref",
        version: "1",
        tokens: String(pocketAppearanceNet.tokens),
        encoder_input: "patch",
        fit: "stretch",
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
  await writeJson(join(folder, "model_index.json"), modelIndex);
}

function part(name: PartName, weights: HostWeights): HostWeights {
  return new Map(
    [...shapesOf(name).keys()].map((one) => [one, weights.get(one)!]),
  );
}

function shapesOf(name: PartName): Map<string, readonly number[]> {
  return listAllWeights(programs[name]);
}
