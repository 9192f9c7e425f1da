import { join } from "node:path";
import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";
import {
  coordinateChannels,
  inputProblem,
} from "../../weights/unet_channels.ts";
import type { NamedPart, NamedProgram } from "../base.ts";
import { checkFit, checkPart } from "../check_part.ts";
import type { StableDiffusionParts } from "./stable_diffusion_parts.ts";

/** As much of a model as its parts are checked by. */
type Parts = Pick<StableDiffusionParts, "text" | "unet" | "vae">;

/** The other tower of a whole CLIP, whose checkpoints may stand for one tower. */
const imageTower = [/^vision_model\./, /^visual_projection\.weight$/];

/** GLIGEN's weights within a UNet, which an adapter reads. */
const ofGligen = [/\.fuser\./, /^position_net\./];

/** The parts of a Stable Diffusion model with what their files must be. */
export function namedParts({ text, unet, vae }: Parts): NamedPart[] {
  return [
    {
      ...text,
      name: "text_encoder",
      kinds: ["clip-text", "clip"],
      expected: "CLIP text encoder",
      ignore: imageTower,
    },
    {
      ...unet,
      name: "unet",
      kinds: ["unet"],
      expected: "UNet in the layout of diffusers",
      ignore: ofGligen,
    },
    {
      ...vae,
      name: "vae",
      kinds: ["vae"],
      expected: "VAE in the layout of diffusers",
    },
  ];
}

/**
 * Compares the parts of a Stable Diffusion model with its programs and with each other.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming the part and what does not fit.
 */
export function checkStableDiffusion(
  parts: Parts,
  programs: readonly NamedProgram[],
): void {
  const { text, unet } = parts;
  checkChannels(parts);
  for (const part of namedParts(parts)) {
    const own = programs.filter((one) => one.part === part.name);
    checkPart(part, own.map(({ program }) => program()));
  }
  const reads = unet.config.cross_attention_dim;
  checkFit(
    text.folder,
    `text of width ${text.config.hidden_size}`,
    text.config.hidden_size === reads,
    `the UNet reads ${reads}`,
  );
}

/**
 * The UNet reads and predicts latents of the VAE, and nothing else.
 *
 * @throws {LocRefError} `config-invalid` or `checkpoint-mismatch`, naming the part that is at odds.
 */
export function checkChannels(parts: Pick<Parts, "unet" | "vae">): void {
  const { unet, vae } = parts;
  const { latent_channels: latents } = vae.config;
  const { in_channels: reads, out_channels: predicts, coordinates = 0 } =
    unet.config;
  const all = reads + coordinateChannels(coordinates);
  const problem = inputProblem(all, latents, coordinates) ??
    (predicts === latents
      ? undefined
      : `it predicts ${predicts} channels, but latents have ${latents}`);
  if (problem === undefined) return;
  // a UNet that is right in itself is not to blame
  if (inputProblem(reads, predicts) === undefined) throw latentsDiffer(parts);
  throw new LocRefError(
    "checkpoint-mismatch",
    `LocRef cannot use "${unet.folder}": ${problem}`,
  );
}

/** The error about a UNet and a VAE of different latents: a config that its own weights contradict is named. */
function latentsDiffer({ unet, vae }: Pick<Parts, "unet" | "vae">) {
  const { latent_channels: latents } = vae.config;
  const { out_channels: predicts } = unet.config;
  const decoded = vae.weights.info("decoder.conv_in.weight")?.shape[1];
  const made = unet.weights.info("conv_out.weight")?.shape[0];
  if (decoded === predicts) {
    return configError(vae.folder, "latent_channels", {
      ...{ given: latents, right: predicts, other: "the UNet" },
    });
  }
  if (made === latents) {
    return configError(unet.folder, "out_channels", {
      ...{ given: predicts, right: latents, other: "the VAE" },
    });
  }
  return new LocRefError(
    "checkpoint-mismatch",
    `VAE ${quote(vae.folder)} has latents of ${latents} channels, but UNet ${
      quote(unet.folder)
    } reads and predicts ${predicts}: they are of different models`,
  );
}

function configError(
  folder: string,
  key: string,
  { given, right, other }: { given: number; right: number; other: string },
): LocRefError {
  return new LocRefError(
    "config-invalid",
    `File ${
      quote(join(folder, "config.json"))
    }: key "${key}" must be ${right}, as in its weights and ${other}, got ${given}${
      given === 4 ? " (also where it is absent)" : ""
    }`,
  );
}
