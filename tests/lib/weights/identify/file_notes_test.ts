import { assertEquals } from "@std/assert";
import {
  fileNotes,
  triggerWords,
} from "../../../../lib/weights/identify/file_notes.ts";
import { identifyWeights } from "../../../../lib/weights/identify/identify_weights.ts";

const kohya =
  "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";

Deno.test("notes of a LoRA: parts, training, words, and settings for few steps", () => {
  const notes = notesOf(
    {
      [`${kohya}.lora_down.weight`]: [8, 768],
      "lora_te_text_model_encoder_layers_0_mlp_fc1.lora_down.weight": [8, 768],
    },
    {
      ss_network_dim: "8",
      ss_network_alpha: "4",
      ss_base_model_version: "sd_v1",
      ss_tag_frequency:
        '{"10_cat": {"ginger cat": 20, "sofa": 3}, "2_x": {"sofa": 30}}',
      "modelspec.title": "Ginger",
    },
    "lcm_ginger.safetensors",
  );
  assertEquals(notes, [
    "it changes the UNet and the text encoder",
    "trained with rank 8, alpha 4, base sd_v1",
    "words of its training: sofa (33), ginger cat (20)",
    'made for few steps (LCM): sampler "lcm", 4 to 8 steps, guidance 1 to 2',
    'notes: title "Ginger"',
  ]);
});

Deno.test("notes of a checkpoint: its prediction, and options for what it lacks", () => {
  const unet = "model.diffusion_model.";
  const shapes = {
    [`${unet}input_blocks.0.0.weight`]: [320, 4, 3, 3],
    "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight":
      [9, 768],
    "v_pred": [0],
    "ztsnr": [0],
  };
  assertEquals(notesOf(shapes), [
    "it predicts v up to noise alone (zero terminal SNR)",
    "it holds no vae: give one with the option vae",
    "it holds no text encoder 2: give one with the option textEncoder2",
  ]);
});

Deno.test("what predicts x₀ by its name is said to, alone or in a whole model, and others are not", () => {
  const first = { "input_blocks.0.0.weight": [320, 4, 3, 3] };
  const unet = { ...first, "output_blocks.0.0.in_layers.0.weight": [320] };
  const whole = {
    "model.diffusion_model.input_blocks.0.0.weight": [320, 4, 3, 3],
    "conditioner.embedders.0.transformer.text_model.embeddings.token_embedding.weight":
      [9, 768],
  };
  const named = (shapes: Record<string, number[]>, path: string) =>
    notesOf(shapes, {}, path).filter((note) => note.includes("predicts"));
  for (const shapes of [unet, whole]) {
    assertEquals(named(shapes, "sdxl_lightning_1step_x0.safetensors"), [
      'it predicts x₀ by its name: load it with prediction "sample"',
    ]);
  }
  const other = "sdxl_lightning_4step.safetensors";
  assertEquals(named(whole, other), ["it predicts noise"]);
  assertEquals(named(unet, other), []);
});

Deno.test("tags that cannot be read are no words", () => {
  for (const text of ["{", "[]", "null", '{"a": null}', '{"a": {"b": "c"}}']) {
    assertEquals(triggerWords({ ss_tag_frequency: text }), []);
  }
});

function notesOf(
  shapes: Record<string, number[]>,
  metadata: Record<string, string> = {},
  path = "x.safetensors",
): string[] {
  const header = {
    metadata,
    names: () => Object.keys(shapes).sort(),
    info: (name: string) => {
      const shape = shapes[name];
      return shape && { dtype: "F32" as const, shape, offset: 0, length: 0 };
    },
  };
  return fileNotes(header, identifyWeights(header), path);
}
