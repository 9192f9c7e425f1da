import type { Comparison } from "../compare.ts";
import type { Contenders } from "../contenders.ts";
import {
  prepareClipImage,
  prepareClipText,
  prepareUnet,
  prepareVae,
} from "../large_models.ts";
import { prepareWholeModel } from "../whole_model.ts";

/** Everything of Stable Diffusion 1.5's size but the UNet's step. */
export function largeComparisons(contenders: Contenders): Comparison[] {
  return [...parts(contenders), ...wholeModels(contenders)];
}

function parts({ ours, peer }: Contenders): Comparison[] {
  const beside = (part: string) => [
    ours("locref onnx", "encoder", "--part", part),
    peer("torch eager", "encoder", "--part", part),
  ];
  return [
    {
      name: "vae",
      summary: "VAE decoder of SD 1.5's size, 64×64 latents to 512×512",
      prepare: prepareVae,
      rounds: 3,
      contenders: [
        ...beside("vae"),
        peer(
          "torch eager, channels last",
          "encoder",
          ...["--part", "vae", "--channels-last"],
        ),
      ],
    },
    {
      name: "clip-image",
      summary: "CLIP ViT-H/14, one picture of 224×224",
      prepare: prepareClipImage,
      contenders: beside("clip-image"),
    },
    {
      name: "clip-text",
      summary: "CLIP ViT-L/14's text encoder, two captions of 77 tokens",
      prepare: prepareClipText,
      contenders: beside("clip-text"),
    },
    {
      name: "load",
      summary: "3.4 GB of safetensors, opened, each tensor read",
      prepare: prepareUnet,
      rounds: 3,
      contenders: [
        ours("locref", "load"),
        peer("safetensors for Python", "load"),
      ],
    },
  ];
}

function wholeModels({ ours, peer }: Contenders): Comparison[] {
  const anew = (name: string, ...args: string[]) => [
    { ...ours("locref onnx", name, ...args), once: true },
    { ...peer("diffusers", name, ...args), once: true },
  ];
  return [
    {
      name: "cold",
      summary:
        "from the start of the process to the start of the first step, a whole model of SD 1.5's size, 512×512",
      prepare: prepareWholeModel,
      rounds: 3,
      contenders: anew("cold"),
    },
    {
      name: "cold-step",
      summary:
        "the same to the end of the first step, so weights that are read on demand have been read",
      prepare: prepareWholeModel,
      rounds: 2,
      warmUp: false,
      contenders: anew("cold", "--until", "end"),
    },
    {
      name: "memory",
      summary:
        "a picture of SD 1.5's size, 512×512, two steps under guidance, as a whole process",
      prepare: prepareWholeModel,
      rounds: 1,
      warmUp: false,
      contenders: anew("large_picture", "--steps", "2", "--once"),
    },
    {
      name: "large-picture",
      summary:
        "a whole picture of SD 1.5's size, 256×256, under guidance, in a warm process",
      prepare: prepareWholeModel,
      rounds: 1,
      warmUp: false,
      inTurn: false,
      contenders: largePictures({ ours, peer }),
    },
  ];
}

function largePictures({ ours, peer }: Contenders) {
  const small = ["--side", "256"];
  const solver = ["--sampler", "dpm++", "--steps"];
  const at = "large_picture";
  return [
    peer("diffusers, 50 steps", at, ...small, "--steps", "50"),
    ours("locref, 50 steps", at, ...small, "--steps", "50"),
    ours("locref, dpm++ in 15 steps", at, ...small, ...solver, "15"),
    ours(
      "locref, dpm++ in 10 steps, deep features for 2",
      at,
      ...[...small, ...solver, "10", "--reuse", "2"],
    ),
    peer("diffusers, dpm++ in 15 steps", at, ...small, ...solver, "15"),
    peer("diffusers, dpm++ in 10 steps", at, ...small, ...solver, "10"),
  ];
}
