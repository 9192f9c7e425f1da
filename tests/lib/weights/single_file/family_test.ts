import { assertEquals, assertThrows } from "@std/assert";
import type { WeightHeader } from "../../../../lib/weights/identify/weight_identity.ts";
import {
  familyOf,
  findParts,
} from "../../../../lib/weights/single_file/family.ts";
import { unetConfig } from "../../../../lib/weights/single_file/family_configs.ts";
import { predictionOf } from "../../../../lib/weights/single_file/prediction.ts";

const unet = "model.diffusion_model.";
const first = { [`${unet}input_blocks.0.0.weight`]: [320, 4, 3, 3] };
const attends = (width: number) => ({
  [`${unet}input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight`]: [
    320,
    width,
  ],
});
const token = "embeddings.token_embedding.weight";

Deno.test("a family is known by its text encoders, or by the width of the text", () => {
  const cases: [Record<string, number[]>, string][] = [
    [{ [`cond_stage_model.transformer.text_model.${token}`]: [9, 32] }, "sd1"],
    [{ [`cond_stage_model.transformer.${token}`]: [9, 32] }, "sd1"],
    [{ "cond_stage_model.model.token_embedding.weight": [9, 40] }, "sd2"],
    [
      { [`conditioner.embedders.0.transformer.text_model.${token}`]: [9, 32] },
      "sdxl",
    ],
    [attends(768), "sd1"],
    [attends(1024), "sd2"],
    [attends(2048), "sdxl"],
  ];
  for (const [shapes, family] of cases) {
    assertEquals(found({ ...first, ...shapes }), family);
  }
});

Deno.test("a UNet alone is known under the names of diffusers too", () => {
  assertEquals(
    found({
      "conv_in.weight": [320, 4, 3, 3],
      "time_embedding.linear_1.weight": [1280, 320],
      "down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k.weight": [
        640,
        2048,
      ],
    }),
    "sdxl",
  );
});

Deno.test("what is no base for pictures is refused by name", () => {
  const channels = (count: number) => ({
    [`${unet}input_blocks.0.0.weight`]: [320, count, 3, 3],
    ...attends(768),
  });
  const cases: [Record<string, number[]>, string][] = [
    [channels(8), "it is a picture-editing UNet, which also reads a picture"],
    [channels(5), "it is a depth UNet, which also reads a depth map"],
    [
      {
        ...first,
        ...attends(1280),
        "conditioner.embedders.0.model.token_embedding.weight": [9, 1280],
      },
      "the refiner of Stable Diffusion XL",
    ],
    [{ "lora_unet_x.lora_down.weight": [1, 2] }, "but LoRA"],
    [{
      "decoder.conv_in.weight": [8, 4, 3, 3],
      "encoder.conv_in.weight": [8, 3, 3, 3],
    }, "but VAE"],
    [{ "model_ema.decay": [1] }, "its averaged weights alone are not read"],
    [{ ...first, ...attends(500) }, "a UNet for text of width 500"],
  ];
  for (const [shapes, message] of cases) {
    assertThrows(() => found(shapes), Error, message);
  }
  assertEquals(found(channels(9)), "sd1");
  const latents = { [`${unet}out.2.weight`]: [16, 320, 3, 3] };
  const allowed = ". A UNet in one file must read 4 or 9 channels";
  for (
    const [reads, problem] of [
      [16, "its latents have 16 channels"],
      [22, "it reads 22 channels, but latents have 16"],
      [32, "which its config.json must name (_locref: { coordinates: 4 })"],
    ] as const
  ) {
    assertThrows(
      () => found({ ...channels(reads), ...latents }),
      Error,
      `${problem}${allowed}`,
    );
  }
});

Deno.test("the prediction stands in empty tensors or metadata, or the user says it", () => {
  const of = (
    family: "sd1" | "sd2" | "sdxl",
    { shapes = {}, metadata = {}, given }: {
      shapes?: Record<string, number[]>;
      metadata?: Record<string, string>;
      given?: "epsilon" | "v_prediction";
    } = {},
  ) => {
    const { type, zeroSnr, doubt } = predictionOf(
      header({ ...first, ...shapes }, metadata),
      { path: "f", family, given },
    );
    return [type, zeroSnr, doubt !== undefined];
  };
  assertEquals(of("sd1"), ["epsilon", false, false]);
  assertEquals(of("sdxl"), ["epsilon", false, false]);
  assertEquals(of("sd2"), ["v_prediction", false, true]);
  assertEquals(of("sd2", { given: "epsilon" }), ["epsilon", false, false]);
  assertEquals(of("sd1", { given: "v_prediction" }), [
    "v_prediction",
    false,
    false,
  ]);
  assertEquals(of("sdxl", { shapes: { v_pred: [0] } }), [
    "v_prediction",
    false,
    false,
  ]);
  assertEquals(of("sdxl", { shapes: { v_pred: [0], ztsnr: [0] } }), [
    "v_prediction",
    true,
    false,
  ]);
  for (
    const [metadata, type] of [
      [{ "modelspec.prediction_type": "v" }, "v_prediction"],
      [{ "modelspec.prediction_type": "epsilon" }, "epsilon"],
      [
        { "modelspec.architecture": "stable-diffusion-v2-768-v" },
        "v_prediction",
      ],
      [{ "modelspec.architecture": "stable-diffusion-v2-512" }, "epsilon"],
    ] as [Record<string, string>, string][]
  ) {
    assertEquals(of("sd2", { metadata }), [type, false, false]);
  }
});

Deno.test("models of 2.x that read a mask predict noise, whatever the prefix and names of their UNet", () => {
  for (
    const name of [
      "model.diffusion_model.input_blocks.0.0.weight",
      "diffusion_model.input_blocks.0.0.weight",
      "input_blocks.0.0.weight",
      "unet.conv_in.weight",
    ]
  ) {
    const sign = name.replace("conv_in", "time_embedding.linear_1");
    const one = header({ [sign]: [1280, 320], [name]: [320, 9, 3, 3] });
    const { type, doubt } = predictionOf(one, { path: "f", family: "sd2" });
    assertEquals([type, doubt], ["epsilon", undefined], name);
  }
});

Deno.test("UNets of 2.x that read a mask or predict noise are made for 512 pixels, others for 768", () => {
  const side = (
    channels: number,
    prediction?: "epsilon" | "v_prediction",
    metadata = {},
  ) =>
    unetConfig(header({ "conv_in.weight": [64, channels, 3, 3] }), {
      ...{ family: "sd2", prediction, metadata },
    }).sample_size;
  assertEquals(side(4), 96);
  assertEquals(side(4, "v_prediction"), 96);
  assertEquals(side(4, "epsilon"), 64);
  assertEquals(side(9), 64);
  const wide = { "modelspec.resolution": "768x768" };
  assertEquals(side(9, "epsilon", wide), 96);
});

function found(shapes: Record<string, number[]>): string {
  const one = header(shapes);
  return familyOf(one, { path: "f.safetensors", parts: findParts(one) });
}

function header(
  shapes: Record<string, number[]>,
  metadata: Record<string, string> = {},
): WeightHeader {
  return {
    metadata,
    names: () => Object.keys(shapes).sort(),
    info: (name) => {
      const shape = shapes[name];
      return shape && { dtype: "F32", shape, offset: 0, length: 0 };
    },
  };
}
