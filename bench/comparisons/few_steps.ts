import type { Comparison } from "../compare.ts";
import type { Contenders } from "../contenders.ts";
import { prepareTurbo, tinyVae, turboModel } from "../turbo_model.ts";
import { prepareWholeModel } from "../whole_model.ts";

const at = "large_picture";

/** Whole pictures of few steps without guidance, in warm processes. */
export function fewStepComparisons({ ours, peer }: Contenders): Comparison[] {
  const turbo = [
    ...["--model", turboModel, "--sampler", "own"],
    ...["--steps", "1", "--guidance", "0"],
  ];
  const tiny = [...turbo, "--taesd", tinyVae];
  const lcm = ["--sampler", "lcm", "--steps", "4", "--guidance", "1"];
  return [
    {
      name: "turbo",
      summary:
        "a picture of SD-Turbo's size, 512×512, one step, random weights, in a warm process: with the whole VAE, and with TAESD as the decoder",
      prepare: prepareTurbo,
      rounds: 3,
      warmUp: false, // each made two pictures when it started
      named: true, // 5 GB of weights, once for each contender
      contenders: [
        peer("diffusers, whole VAE", at, ...turbo),
        ours("locref onnx, whole VAE", at, ...turbo),
        ours("locref onnx, TAESD", at, ...tiny),
      ],
      further: [
        peer("diffusers, TAESD", at, ...tiny),
        ours("locref onnx, TAESD", at, ...tiny),
      ],
    },
    {
      name: "lcm",
      summary:
        "a picture of SD 1.5's size, 512×512, LCM in four steps without guidance, in a warm process",
      prepare: prepareWholeModel,
      rounds: 2,
      warmUp: false,
      named: true,
      contenders: [
        peer("diffusers", at, ...lcm),
        ours("locref onnx", at, ...lcm),
      ],
    },
  ];
}
