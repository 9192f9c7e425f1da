import type { Comparison } from "./compare.ts";
import type { Contender } from "./contender.ts";
import { makeCopies } from "./dataset_copies.ts";
import { python } from "./paths.ts";
import { prepareWholeModel } from "./whole_model.ts";
import {
  prepareClipImage,
  prepareClipText,
  prepareUnet,
  prepareVae,
} from "./large_models.ts";

/** Options of {@linkcode comparisons}. */
export interface ComparisonsOptions {
  /** Whether to run the peers, which `deno task bench:setup` brings. */
  peers: boolean;
  /** Threads of everybody. */
  threads: number;
}

/** All comparisons by the order of the table. */
export function comparisons(options: ComparisonsOptions): Comparison[] {
  const { peers, threads } = options;
  const ours = (
    name: string,
    worker: string,
    ...args: string[]
  ): Contender => ({
    name,
    command: [
      Deno.execPath(),
      "run",
      "-A",
      "--no-check",
      `bench/workers/${worker}.ts`,
      ...args,
      "--threads",
      String(threads),
    ],
  });
  const peer = (
    name: string,
    script: string,
    ...args: string[]
  ): Contender => ({
    name,
    peer: true,
    command: [
      python,
      `bench/peers/${script}.py`,
      ...args,
      "--threads",
      String(threads),
    ],
  });
  const all: Comparison[] = [
    {
      name: "unet",
      summary:
        "one step of a UNet of SD 1.5's size, random weights, batch 2, 64×64 latents, fp32",
      prepare: prepareUnet,
      rounds: 3,
      contenders: [
        ours("locref onnx", "unet"),
        ours("locref onnx, int8", "unet", "--int8"),
        ours("locref onnx, deep features reused", "unet", "--deep", "reuse"),
        peer("torch eager", "unet", "--mode", "eager"),
        peer("torch eager, channels last", "unet", "--mode", "channels_last"),
        peer("torch.compile", "unet", "--mode", "compile"),
        peer("OpenVINO", "unet", "--mode", "openvino"),
        peer("onnxruntime on torch.onnx", "unet", "--mode", "onnxruntime"),
      ],
    },
    {
      name: "instances",
      summary: "the same step with references, against the plain UNet",
      prepare: prepareUnet,
      rounds: 3,
      contenders: [
        ours("locref, plain SD step", "unet"),
        ...[0, 1, 4, 16].map((n) =>
          ours(`locref, ${n} instances`, "unet", "--instances", String(n))
        ),
        peer("diffusers, IP-Adapter, 1 mask", "unet_ip", "--instances", "1"),
        peer("diffusers, IP-Adapter, 4 masks", "unet_ip", "--instances", "4"),
      ],
    },
    {
      name: "shapes",
      summary: "the same step by resolution and batch, against 64×64, batch 1",
      prepare: prepareUnet,
      rounds: 2,
      contenders: [
        ours("64×64, batch 1", "unet", "--batch", "1"),
        ours("32×32, batch 1", "unet", "--batch", "1", "--side", "32"),
        ours("64×64, batch 2", "unet", "--batch", "2"),
        ours("96×96, batch 1", "unet", "--batch", "1", "--side", "96"),
      ],
    },
    {
      name: "vae",
      summary: "VAE decoder of SD 1.5's size, 64×64 latents to 512×512",
      prepare: prepareVae,
      rounds: 3,
      contenders: [
        ours("locref onnx", "encoder", "--part", "vae"),
        peer("torch eager", "encoder", "--part", "vae"),
      ],
    },
    {
      name: "clip-image",
      summary: "CLIP ViT-H/14, one picture of 224×224",
      prepare: prepareClipImage,
      contenders: [
        ours("locref onnx", "encoder", "--part", "clip-image"),
        peer("torch eager", "encoder", "--part", "clip-image"),
      ],
    },
    {
      name: "clip-text",
      summary: "CLIP ViT-L/14's text encoder, two captions of 77 tokens",
      prepare: prepareClipText,
      contenders: [
        ours("locref onnx", "encoder", "--part", "clip-text"),
        peer("torch eager", "encoder", "--part", "clip-text"),
      ],
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
    {
      name: "cold",
      summary:
        "from the start of the process to the start of the first step, a whole model of SD 1.5's size, 512×512",
      prepare: prepareWholeModel,
      rounds: 3,
      contenders: [
        { ...ours("locref onnx", "cold"), once: true },
        { ...peer("diffusers", "cold"), once: true },
      ],
    },
    {
      name: "cold-step",
      summary:
        "the same to the end of the first step, so weights that are read on demand have been read",
      prepare: prepareWholeModel,
      rounds: 3,
      contenders: [
        { ...ours("locref onnx", "cold", "--until", "end"), once: true },
        { ...peer("diffusers", "cold", "--until", "end"), once: true },
      ],
    },
    {
      name: "pocket",
      summary:
        "a picture of the pocket model, 50 steps under guidance, two references, in a warm process",
      contenders: [
        ours("locref onnx", "pocket"),
        peer("diffusers, the base alone", "pocket"),
      ],
    },
    {
      name: "pocket-modes",
      summary: "the same picture in the fast modes",
      contenders: [
        ours("50 steps of DDIM", "pocket"),
        ours("int8", "pocket", "--int8"),
        ours(
          "guidance in 10..80 % of the steps",
          "pocket",
          "--interval",
          "0.1,0.8",
        ),
        ours("deep features kept for 2 steps", "pocket", "--reuse", "2"),
        ours("deep features kept for 3 steps", "pocket", "--reuse", "3"),
        ours(
          "15 steps of DPM-Solver++",
          "pocket",
          "--sampler",
          "dpm++",
          "--steps",
          "15",
        ),
        ours(
          "15 steps of DPM-Solver++, guidance in 10..80 %",
          "pocket",
          ...["--sampler", "dpm++", "--steps", "15", "--interval", "0.1,0.8"],
        ),
        ours(
          "15 steps of DPM-Solver++, guidance in 10..80 %, deep features for 2",
          "pocket",
          ...["--sampler", "dpm++", "--steps", "15", "--interval", "0.1,0.8"],
          ...["--reuse", "2"],
        ),
      ],
    },
    {
      name: "train",
      summary:
        "a training step of the pocket UNet with LocRef, batch 16, four references, AdamW",
      rounds: 3,
      contenders: [
        ours("locref tensorflow", "train"),
        peer("torch eager", "train"),
        peer("torch eager, channels last", "train", "--channels-last"),
      ],
    },
    {
      name: "process",
      summary: "the pocket picture as a whole process, start to file",
      rounds: 3,
      contenders: [
        {
          name: "locref generate",
          once: true,
          command: [
            ...[Deno.execPath(), "run", "-A", "cli.ts", "generate"],
            ...["bench/scene.json", "-o", ".cache/bench/out.png"],
          ],
        },
        {
          name: "diffusers, the base alone",
          once: true,
          peer: true,
          command: [python, "bench/peers/pocket.py", "--once"],
        },
      ],
    },
    {
      name: "parts",
      summary: "masks, composite, preview and PNG of a pocket scene",
      contenders: [
        ours("a pocket picture", "pocket"),
        ours("masks, composite, preview and PNG", "parts"),
      ],
    },
    {
      name: "dataset",
      summary: "a data set built of 5,000 COCO pictures, from nothing",
      prepare: async () => void await makeCopies(5000),
      rounds: 1,
      warmUp: false,
      contenders: [
        ours("locref", "dataset"),
        peer("Pillow and pycocotools, a process a thread", "dataset"),
        peer("the same with WebP's usual effort", "dataset", "--method", "4"),
        {
          ...peer("Pillow and pycocotools, one process", "dataset"),
          command: [python, "bench/peers/dataset.py", "--threads", "1"],
        },
      ],
    },
    {
      name: "dataset-mpi",
      summary: "a data set built of 1,000 COCO pictures, a thread a rank",
      prepare: async () => void await makeCopies(1000),
      rounds: 3,
      contenders: [2, 1].map((ranks) =>
        ours(
          `locref, ${ranks} ${ranks > 1 ? "ranks" : "rank"}`,
          "dataset",
          ...["--pictures", "1000", "--ranks", String(ranks)],
        )
      ),
    },
  ];
  if (peers) return all;
  return all.map((one) => ({
    ...one,
    contenders: one.contenders.filter((contender) => !contender.peer),
  }));
}
