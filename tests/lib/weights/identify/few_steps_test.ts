import { assertEquals } from "@std/assert";
import { fewStepsOf } from "../../../../lib/weights/identify/few_steps.ts";

const names: Record<string, [kind: string | undefined, steps?: number]> = {
  "sdxl_lightning_4step_lora.safetensors": ["lightning", 4],
  "DreamShaperXL_Lightning.safetensors": ["lightning"],
  "Hyper-SDXL-8steps-lora.safetensors": ["hyper", 8],
  "Hyper-SD15-1step-lora.safetensors": ["hyper", 1],
  "latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors": [
    "lcm",
  ],
  "LCM_Dreamshaper_v7_4k.safetensors": ["lcm"],
  "h1t/TCD-SDXL-LoRA/pytorch_lora_weights.safetensors": ["tcd"],
  "pcm_sd15_smallcfg_8step_converted.safetensors": ["pcm", 8],
  "sd_xl_turbo_1.0_fp16.safetensors": ["turbo"],
  "hyperrealistic.safetensors": [undefined],
  "lightning_storm.safetensors": [undefined],
  "turbocharged.safetensors": [undefined],
  "style.safetensors": [undefined],
};

for (const [path, [kind, steps]] of Object.entries(names)) {
  Deno.test(`few steps by name: ${path}`, () => {
    const found = fewStepsOf(path);
    assertEquals([found?.kind, found?.steps], [kind, steps]);
  });
}

Deno.test("a file's own notes name it too", () => {
  const found = fewStepsOf("x.safetensors", { ss_output_name: "my-lcm-lora" });
  assertEquals(found?.kind, "lcm");
});

Deno.test("settings are in words, with the number of steps that the name says", () => {
  for (
    const [path, settings] of [
      [
        "sdxl_lightning_4step_lora.safetensors",
        'sampler "euler" with trailing timesteps, 4 steps, guidance 1',
      ],
      [
        "Hyper-SDXL-lora.safetensors",
        'sampler "ddim" with trailing timesteps ("tcd" for one step), 1 to 8 steps, as in the file\'s name, guidance 1',
      ],
      [
        "tcd.safetensors",
        'sampler "tcd" with eta 0.3, 4 to 8 steps, guidance 1',
      ],
      [
        "pcm_1step.safetensors",
        'sampler "tcd", or "ddim" with trailing timesteps, 1 step, guidance up to 1.2',
      ],
      ["lcm.safetensors", 'sampler "lcm", 4 to 8 steps, guidance 1 to 2'],
    ] as const
  ) {
    assertEquals(fewStepsOf(path)?.settings, settings);
  }
});
