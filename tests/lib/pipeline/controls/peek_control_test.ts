import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { refuseOtherControl } from "../../../../lib/pipeline/controls/peek_control.ts";
import { startHub } from "../../weights/loopback_hub.ts";
import { jsonFile, rawSafetensors } from "../../weights/raw_safetensors.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const weights = rawSafetensors({ x: [1] });
const controlnet = (width: number) => ({
  "config.json": jsonFile({
    _class_name: "ControlNetModel",
    cross_attention_dim: width,
  }),
  "diffusion_pytorch_model.safetensors": weights,
});

const hubFiles = {
  "lllyasviel/control_v11p_sd15_canny": controlnet(768),
  "diffusers/controlnet-canny-sdxl-1.0": controlnet(2048),
  "xinsir/controlnet-union-sdxl-1.0": {
    "config.json": jsonFile({ _class_name: "ControlNetModel_Union" }),
    "diffusion_pytorch_model.safetensors": weights,
  },
  "me/controls": {
    "sd15.safetensors": rawSafetensors({
      "control_model.input_hint_block.0.weight": [1, 3, 1, 1],
      "control_model.zero_convs.0.0.weight": [1, 1, 1, 1],
      "control_model.input_blocks.0.0.weight": [1, 4, 1, 1],
      "control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": [
        1,
        768,
      ],
    }),
    "LORA.sft": rawSafetensors({ lora_controlnet: [1] }),
    "lora.safetensors": rawSafetensors({
      lora_controlnet: [1],
      "input_hint_block.0.weight": [1, 3, 1, 1],
    }),
    "fp8.safetensors": rawSafetensors({ x: [1] }, { dtype: "F8_E4M3" }),
    "vae.safetensors": rawSafetensors({
      "encoder.conv_in.weight": [1, 3, 1, 1],
      "decoder.conv_in.weight": [1, 4, 1, 1],
    }),
  },
};

const xl = 2048;
const cases: readonly [string, number, string | undefined][] = [
  ["diffusers/controlnet-canny-sdxl-1.0", xl, undefined],
  [
    "lllyasviel/control_v11p_sd15_canny",
    xl,
    "Control 1 is for another base: it reads text of width 768 (Stable Diffusion 1.x), and the model's has 2048 (Stable Diffusion XL)",
  ],
  [
    "me/controls/sd15.safetensors",
    xl,
    "Control 1 is for another base: it reads text of width 768 (Stable Diffusion 1.x), and the model's has 2048 (Stable Diffusion XL)",
  ],
  ["me/controls/sd15.safetensors", 768, undefined],
  [
    "xinsir/controlnet-union-sdxl-1.0",
    xl,
    'Folder "xinsir/controlnet-union-sdxl-1.0" holds a ControlNet union, which reads the kind of its picture, too: LocRef takes ControlNets and T2I-Adapters of Stable Diffusion 1, 2 and XL',
  ],
  [
    "me/controls/LORA.sft",
    xl,
    'File "me/controls/LORA.sft" holds a Control-LoRA, which is a change of its base\'s weights: LocRef takes ControlNets and T2I-Adapters of Stable Diffusion 1, 2 and XL',
  ],
  [
    "me/controls/lora.safetensors",
    xl,
    'File "me/controls/lora.safetensors" holds a Control-LoRA, which is a change of its base\'s weights: LocRef takes ControlNets and T2I-Adapters of Stable Diffusion 1, 2 and XL',
  ],
  [
    "me/controls/fp8.safetensors",
    xl,
    'me/controls/fp8.safetensors holds 1 tensor of type F8_E4M3 (the first is "x"), which LocRef does not read; take the file as F16 or F32 from the same repository, or save it anew so (in PyTorch: tensor.to(torch.float16); where scales lie beside the tensors, with the program that made it)',
  ],
  [
    "me/controls/vae.safetensors",
    xl,
    'File "me/controls/vae.safetensors" holds no ControlNet but this: VAE with 4 latent channels; load a base with it: LocRef.load(BASE, { vae: FILE }), or --vae FILE; where config.json lies beside it, its folder will do too',
  ],
];

for (const [model, textWidth, sentence] of cases) {
  Deno.test(`${model} on text of width ${textWidth} is ${sentence === undefined ? "taken" : "refused"} by its header alone`, async () => {
    const hub = startHub({ files: {}, repos: hubFiles });
    try {
      await inTempDir(async (cacheDir) => {
        const place = { endpoint: hub.endpoint, cacheDir, offline: false };
        const look = () =>
          refuseOtherControl(model, {
            ...{ name: "Control 1", textWidth },
            ...place,
          });
        if (sentence === undefined) await look();
        else {
          const error = await assertRejects(look, LocRefError);
          assertEquals(error.message, sentence);
        }
        const whole = hub.downloads.filter((one) => !one.includes("bytes=0-"));
        assertEquals(whole, []);
      });
    } finally {
      await hub.stop();
    }
  });
}
