import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { appearanceNetProgram } from "../../lib/adapters/appearance_net.ts";
import { clipTextProgram } from "../../lib/encoders/clip_text.ts";
import type { Program } from "../../lib/ops/executor.ts";
import { listWeights } from "../../lib/ops/list_weights.ts";
import {
  branchKeyValueProgram,
  textKeyValueProgram,
} from "../../lib/unet/key_value_programs.ts";
import { unetProgram } from "../../lib/unet/unet_program.ts";
import { type HostWeights, writeHostWeights } from "../host_weights.ts";
import { clipTextConfig } from "./clip_configs.ts";
import {
  modelIndex,
  pocketAppearanceNet,
  pocketUnetConfig,
  schedulerConfig,
} from "./unet_config.ts";
import { writeJson, writePart } from "./write_part.ts";

const size = { height: 16, width: 16 };

/** Programs whose weights are trained together, by the part of the model that they go into. */
const programs: Readonly<
  Record<"unet" | "text_encoder" | "locref", readonly Program[]>
> = {
  unet: [
    unetProgram(pocketUnetConfig, { size, layout: false }),
    textKeyValueProgram(pocketUnetConfig),
  ],
  text_encoder: [clipTextProgram(clipTextConfig)],
  locref: [
    appearanceNetProgram(pocketAppearanceNet),
    branchKeyValueProgram(pocketUnetConfig, "ci"),
    branchKeyValueProgram(pocketUnetConfig, "ri"),
  ],
};

/** Names and shapes of everything that the UNet stage trains. */
export function jointShapes(): Map<string, readonly number[]> {
  return new Map(
    Object.values(programs).flat().flatMap((
      program,
    ) => [...listWeights(program)]),
  );
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
    join(folder, "locref", "locref.safetensors"),
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

function part(name: keyof typeof programs, weights: HostWeights): HostWeights {
  const names = programs[name].flatMap((
    program,
  ) => [...listWeights(program).keys()]);
  return new Map(names.map((one) => [one, weights.get(one)!]));
}
