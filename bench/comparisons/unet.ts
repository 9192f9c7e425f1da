import type { Comparison } from "../compare.ts";
import type { Contenders } from "../contenders.ts";
import { prepareControl } from "../control_net.ts";
import { prepareUnet, prepareUnetHalves, unetHalves } from "../large_models.ts";
import { prepareSystems } from "../systems.ts";

const channelsLast = "--channels-last";

/** The UNet of Stable Diffusion 1.5's size: a step, what makes it faster, what references cost. */
export function unetComparisons({ ours, peer }: Contenders): Comparison[] {
  return [
    {
      name: "unet",
      summary:
        "one step of a UNet of SD 1.5's size, random weights, batch 2, 64×64 latents, fp32",
      prepare: prepareUnet,
      rounds: 3,
      contenders: [
        ours("locref onnx", "unet"),
        peer("torch eager", "unet"),
        peer("torch eager, channels last", "unet", channelsLast),
        peer("torch.compile", "unet", "--mode", "compile"),
        peer(
          "torch.compile, channels last",
          "unet",
          ...["--mode", "compile", channelsLast],
        ),
        peer("OpenVINO", "unet", "--mode", "openvino"),
        peer("onnxruntime on torch.onnx", "unet", "--mode", "onnxruntime"),
      ],
    },
    fastComparison({ ours, peer }),
    halfComparison(ours),
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
        ...[1, 4].map((n) =>
          peer(
            `diffusers, IP-Adapter, ${n} masks`,
            "unet_ip",
            ...["--instances", String(n)],
          )
        ),
      ],
    },
    controlComparison({ ours, peer }),
    ...systemComparisons({ ours, peer }),
  ];
}

/** The step of a model whose weights are stored in half precision. */
function halfComparison(ours: Contenders["ours"]): Comparison {
  return {
    name: "unet-half",
    summary:
      "the same step without guidance, from weights in float32 and from those held in half precision",
    prepare: prepareUnetHalves,
    rounds: 3,
    contenders: [
      ours("locref onnx", "unet", "--batch", "1"),
      ours(
        "locref onnx, half precision",
        "unet",
        ...["--batch", "1", "--weights", unetHalves],
      ),
    ],
  };
}

/** The same step in forms that compute less. */
function fastComparison({ ours, peer }: Contenders): Comparison {
  return {
    name: "unet-fast",
    summary: "the same step in fast forms, ours and the peers' own",
    prepare: prepareUnet,
    rounds: 2,
    contenders: [
      ours("locref onnx", "unet"),
      ours("locref onnx, int8", "unet", "--int8"),
      ours("locref onnx, deep features reused", "unet", "--deep", "reuse"),
      ours("locref onnx, without guidance", "unet", "--batch", "1"),
      peer("OpenVINO, int8 of nncf", "unet", "--mode", "openvino-int8"),
      peer(
        "torch eager, deep features reused as in DeepCache",
        "unet",
        ...["--shallow", channelsLast],
      ),
    ],
  };
}

/** A step with a ControlNet, held against the plain UNet and against diffusers. */
function controlComparison({ ours, peer }: Contenders): Comparison {
  return {
    name: "control",
    summary:
      "a step with one ControlNet, against the plain step and against diffusers'",
    prepare: prepareControl,
    rounds: 3,
    contenders: [
      ours("locref, step with a ControlNet", "control"),
      ours("locref, plain SD step", "unet"),
      peer("diffusers, ControlNet and UNet", "unet_control"),
      peer("diffusers, channels last", "unet_control", channelsLast),
    ],
  };
}

/** Steps of the paper's rivals, held against the plain UNet and against diffusers' own GLIGEN. */
function systemComparisons({ ours, peer }: Contenders): Comparison[] {
  const gligen = ["--system", "gligen"];
  return [
    {
      name: "systems",
      summary:
        "a step of GLIGEN (30 grounding tokens), of MIGC and of MS-Diffusion (4 objects each), against the plain UNet",
      prepare: prepareSystems,
      rounds: 3,
      contenders: [
        ours("locref, plain SD step", "unet"),
        ours("locref, GLIGEN's grounded step", "unet", ...gligen),
        ours(
          "locref, MIGC's step",
          "unet",
          ...["--system", "migc", "--instances", "4"],
        ),
        ours(
          "locref, MS-Diffusion's step",
          "unet",
          ...["--system", "ms-diffusion", "--instances", "4"],
        ),
      ],
    },
    {
      name: "gligen",
      summary: "GLIGEN's grounded step, ours and diffusers'",
      prepare: prepareSystems,
      rounds: 3,
      contenders: [
        ours("locref, GLIGEN's grounded step", "unet", ...gligen),
        peer("diffusers, GLIGEN", "unet_gligen"),
      ],
    },
  ];
}
