import type { Comparison } from "../compare.ts";
import type { Contenders } from "../contenders.ts";
import { prepareSdxl } from "../sdxl_unet.ts";

/** A step of SDXL's UNet at both of its usual sizes. */
export function sdxlComparisons(
  { ours, peer }: Contenders,
  tiny: boolean,
): Comparison[] {
  const more = tiny ? ["--tiny"] : [];
  const small = ["--side", String(tiny ? 8 : 64), ...more];
  const halves: Comparison = {
    name: "sdxl-half",
    summary:
      "one step of a UNet of SDXL's size, batch 1, 64×64 latents, from weights in float32 and from those held in half precision",
    prepare: async () => {
      await prepareSdxl(tiny);
      await prepareSdxl(tiny, true);
    },
    rounds: 3,
    named: true,
    contenders: [
      ours("locref onnx", "sdxl_step", ...small),
      ours("locref onnx, half precision", "sdxl_step", ...small, "--half"),
    ],
  };
  const sizes = ([[512, 64], [1024, 128]] as const).map((
    [pixels, side],
  ): Comparison => {
    const args = ["--side", String(tiny ? side / 8 : side), ...more];
    return {
      name: `sdxl-${pixels}`,
      summary:
        `one step of a UNet of SDXL's size, random weights, batch 1, ${side}×${side} latents, fp32`,
      prepare: () => prepareSdxl(tiny),
      rounds: 5,
      inTurn: false, // two models of this size leave each other no memory: weights would be read again
      named: true, // 10.3 GB of weights, once for each contender
      contenders: [
        ours("locref onnx", "sdxl_step", ...args),
        peer("torch eager", "sdxl_step", ...args),
        peer("OpenVINO", "sdxl_step", ...args, "--mode", "openvino"),
      ],
    };
  });
  return [...sizes, halves];
}
