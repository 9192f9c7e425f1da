/** Configs that nobody should run: each is refused with one sentence that names file and key. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  parseClipImageConfig,
  parseClipTextConfig,
} from "../../../../lib/weights/configs/clip_config.ts";
import { parseBlipConfig } from "../../../../lib/weights/configs/blip_config.ts";
import { parseDetectorConfig } from "../../../../lib/weights/configs/detector_config.ts";
import { parseModelIndex } from "../../../../lib/weights/configs/model_index.ts";
import type {
  ConfigPlace,
  Parsed,
} from "../../../../lib/weights/configs/parse_config.ts";
import { parseTokenizerConfig } from "../../../../lib/weights/configs/tokenizer_config.ts";
import { parseUnetConfig } from "../../../../lib/weights/configs/unet_config.ts";
import { parseVaeConfig } from "../../../../lib/weights/configs/vae_config.ts";
import { parseVitConfig } from "../../../../lib/weights/configs/vit_config.ts";

const root = new URL("../../../goldens/", import.meta.url);
const read = async (path: string) =>
  JSON.parse(await Deno.readTextFile(new URL(path, root)));

interface Subject {
  readonly whole: Record<string, unknown>;
  readonly parse: (value: unknown, place: ConfigPlace) => Parsed<unknown>;
}

const subjects = {
  unet: {
    whole: await read("sd-tiny/unet/config.json"),
    parse: parseUnetConfig,
  },
  vae: { whole: await read("sd-tiny/vae/config.json"), parse: parseVaeConfig },
  text: {
    whole: await read("sd-tiny/text_encoder/config.json"),
    parse: parseClipTextConfig,
  },
  image: {
    whole: await read("clip-vision-gelu/config.json"),
    parse: parseClipImageConfig,
  },
  index: {
    whole: await read("sd-tiny/model_index.json"),
    parse: parseModelIndex,
  },
  tokenizer: {
    whole: await read("sd-tiny/tokenizer/tokenizer_config.json"),
    parse: (value, place) => parseTokenizerConfig({ value, place }),
  },
  blip: { whole: await read("blip-tiny/config.json"), parse: parseBlipConfig },
  detector: {
    whole: JSON.parse(
      await Deno.readTextFile(
        new URL(
          "../../../../models/pocket/detector/config.json",
          import.meta.url,
        ),
      ),
    ),
    parse: parseDetectorConfig,
  },
  vit: {
    whole: JSON.parse(
      await Deno.readTextFile(
        new URL("../../../data/vit/dinov2/config.json", import.meta.url),
      ),
    ),
    parse: parseVitConfig,
  },
} satisfies Record<string, Subject>;

/** A list in a list in a list, deeper than any stack. */
const deep = JSON.parse("[".repeat(100_000) + "]".repeat(100_000));

/** Values by key that must be refused. */
const hostile: Record<keyof typeof subjects, Record<string, unknown[]>> = {
  unet: {
    _class_name: ["UNet3DConditionModel", 7],
    in_channels: [0, -4, 4.5, 1e9, "4", null, [4], NaN],
    out_channels: [0, 1e9, "4", {}],
    center_input_sample: [true, "false", null],
    flip_sin_to_cos: ["true", 1, null],
    freq_shift: ["a", -1, Infinity, NaN, 16, null],
    down_block_types: [
      [],
      ["DownBlock2D"],
      "DownBlock2D",
      ["AttnDownBlock2D", "DownBlock2D", "DownBlock2D", "DownBlock2D"],
      Array(1e5).fill("DownBlock2D"),
      null,
    ],
    up_block_types: [["UpBlock2D"], ["SimpleCrossAttnUpBlock2D"], 4],
    mid_block_type: ["UNetMidBlock2DSimpleCrossAttn", "UNetMidBlock2D", null],
    only_cross_attention: [true, [false, true, false, false], null],
    mid_block_only_cross_attention: [true],
    block_out_channels: [
      [],
      [32, 64],
      [33, 64, 64, 64],
      [1e9, 64, 64, 64],
      [32, -64, 64, 64],
      [32, "64", 64, 64],
      [32, NaN, 64, 64],
      32,
      null,
      deep,
    ],
    layers_per_block: [0, 1e9, "2", [2, 2, 1, 2], null, 2.5],
    downsample_padding: [0, "1", null],
    mid_block_scale_factor: [2, 0],
    dropout: [-1, "a", [0.1]],
    act_fn: ["relu", "mish", null, 1],
    norm_num_groups: [0, 5, 1e9, null, "32"],
    norm_eps: [0, -1, "a", null, 1e9, NaN],
    cross_attention_dim: [0, 1e9, "32", [32, 64, 32, 32], null],
    transformer_layers_per_block: [-1, 1e9, [1, 1], [[1, 1], 1, 1, 1], "1"],
    reverse_transformer_layers_per_block: [[[1, 1], 1, 1, 1]],
    encoder_hid_dim: [1024],
    encoder_hid_dim_type: ["text_proj", "image_proj"],
    attention_head_dim: [0, 7, 1e9, [8, 8], [8, 8, 8, 7], "8", null],
    num_attention_heads: [8],
    dual_cross_attention: [true],
    use_linear_projection: ["yes", null, 1],
    class_embed_type: ["timestep", "projection"],
    num_class_embeds: [1000],
    class_embeddings_concat: [true],
    addition_embed_type: ["image", "text"],
    addition_time_embed_dim: [0, 1e9, "8"],
    projection_class_embeddings_input_dim: [0, 1e9, "8"],
    upcast_attention: ["yes", 1],
    resnet_time_scale_shift: ["scale_shift", null],
    resnet_skip_time_act: [true],
    resnet_out_scale_factor: [0.5],
    time_embedding_type: ["fourier"],
    time_embedding_dim: [64, "128", 1e9],
    time_embedding_act_fn: ["silu"],
    timestep_post_act: ["silu"],
    time_cond_proj_dim: [0, 1, 1e9, "256"],
    conv_in_kernel: [1, 1e9],
    conv_out_kernel: [5],
    attention_type: ["linear"],
    cross_attention_norm: ["layer_norm"],
    quantization_config: [{ quant_method: "bitsandbytes" }],
    sample_size: [0, -1, 1e9, 513, "64", [16, 32], [16]],
  },
  vae: {
    _class_name: ["AutoencoderTiny", "VQModel"],
    in_channels: [4, 1e9, null],
    out_channels: [1, "3"],
    down_block_types: [["AttnDownEncoderBlock2D"], ["DownEncoderBlock2D"]],
    up_block_types: [["UpDecoderBlock2D"], "UpDecoderBlock2D"],
    block_out_channels: [
      [],
      [1e9],
      [30, 32, 64, 64],
      "32",
      Array(1e5).fill(32),
    ],
    layers_per_block: [0, 1e9, "2", null],
    act_fn: ["relu"],
    latent_channels: [0, 1e9, "4", null],
    norm_num_groups: [0, 7, "x", null],
    scaling_factor: [0, -0.18215, "x", null, 1e-300, 1e30, Infinity, NaN, [
      0.2,
    ]],
    shift_factor: [0.0609, "0"],
    latents_mean: [[0.1, 0.2, 0.3, 0.4]],
    latents_std: [[1, 2, 3, 4]],
    use_quant_conv: ["no", null],
    use_post_quant_conv: [0],
    mid_block_add_attention: ["yes"],
  },
  text: {
    model_type: ["t5", "clip_vision_model"],
    vocab_size: [0, 1e9, "49408", null, -1],
    hidden_size: [0, 1e9, 30, "32", null],
    intermediate_size: [0, 1e9, []],
    num_hidden_layers: [0, 1e9, "3", null, 2.5],
    num_attention_heads: [0, 5, 1e9, null],
    max_position_embeddings: [0, 2, 1e9, "77"],
    hidden_act: ["relu", "gelu_new", null, ["gelu"]],
    layer_norm_eps: [0, -1e-5, "1e-5", null],
    attention_dropout: [2, "a"],
    pruned_heads: [{ "0": [1] }],
    quantization_config: [{}],
  },
  image: {
    model_type: ["siglip_vision_model", "dinov2"],
    hidden_size: [0, 1e9, 63],
    num_hidden_layers: [0, 1e9, {}],
    num_attention_heads: [0, 3],
    num_channels: [1, 4, null],
    image_size: [0, 1e9, 57, "56", [56, 56]],
    patch_size: [0, 1e9, 13],
    projection_dim: [0, 1e9, null, "40"],
    hidden_act: ["silu"],
    layer_norm_eps: [0],
  },
  index: {
    _class_name: ["StableDiffusionXLPipeline", "FluxPipeline", 7, []],
    unet: [["diffusers", "UNet3DConditionModel"], [null, null], null, "unet"],
    vae: [["diffusers", "AutoencoderTiny"], []],
    text_encoder: [["transformers", "T5EncoderModel"], [null, null]],
    tokenizer: [["transformers", "T5Tokenizer"]],
    text_encoder_2: [["transformers", "CLIPTextModelWithProjection"]],
    transformer: [["diffusers", "FluxTransformer2DModel"]],
    controlnet: [["diffusers", "ControlNetModel"]],
    _locref: [null, [], "x", 7],
  },
  tokenizer: {
    tokenizer_class: ["T5Tokenizer", 7],
    model_max_length: [0, -1, "77", [77]],
    bos_token: [7, {}, "", []],
    pad_token: [0, { content: 7 }, false],
    added_tokens_decoder: [{ x: { content: "a" } }, { "1": {} }, [], null],
    additional_special_tokens: ["a", [7]],
    add_prefix_space: [true],
    padding_side: ["left"],
    split_special_tokens: [true],
  },
  blip: {
    model_type: ["blip-2", 7],
    vision_config: [[], 7, { num_hidden_layers: 1e9 }, { patch_size: 0 }],
    text_config: [
      "x",
      { num_hidden_layers: 1e9 },
      { vocab_size: "64" },
      { hidden_act: "relu" },
      { num_attention_heads: 5 },
      { bos_token_id: null },
    ],
  },
  detector: {
    image_size: [0, 1e9, 60, undefined],
    channels: [[], [32, 64], [32, 64, 97], [32, 1e9, 96], undefined],
    norm_num_groups: [0, 7, "8", undefined],
    classes: [[], [7], "book", undefined],
  },
  vit: {
    model_type: ["clip"],
    num_hidden_layers: [1e9],
    use_swiglu_ffn: [true],
    qkv_bias: [false],
    mlp_ratio: [0, 1e9, "4"],
    patch_size: [1e9, 5],
  },
};

for (const [name, keys] of Object.entries(hostile)) {
  const { whole, parse } = subjects[name as keyof typeof subjects];
  const file = `some/${name}/config.json`;
  Deno.test(`the ${name} config itself is taken without a word`, () => {
    assertEquals(parse(whole, { file }).warnings, []);
  });
  for (const [key, values] of Object.entries(keys)) {
    Deno.test(`${name}: each bad ${key} is refused by file and key`, () => {
      for (const value of values) {
        const error = assertThrows(
          () => parse({ ...whole, [key]: value }, { file }),
          LocRefError,
        );
        assertEquals(error.code, "config-invalid");
        assert(error.message.startsWith(`File "${file}": `), error.message);
        assert(/ key "[^"]+" must /.test(error.message), error.message);
        assert(error.message.includes(key), error.message);
        assert(error.message.includes(", got "), error.message);
        assert(error.message.length < 600, `${error.message.length}`);
      }
    });
  }
  for (const value of [null, [], "text", 7, true, deep]) {
    Deno.test(`${name}: ${String(JSON.stringify(value === deep ? "deep" : value))} in place of an object is refused`, () => {
      const error = assertThrows(() => parse(value, { file }), LocRefError);
      assert(
        error.message.startsWith(`File "${file}" must hold a JSON object`),
      );
    });
  }
}

Deno.test("settings under _locref are refused by their whole key", () => {
  const file = "m/model_index.json";
  for (
    const [own, said] of [
      [{ guidance: "NaN" }, 'key "_locref.guidance" must be a number'],
      [{ guidance: 1e308 }, 'key "_locref.guidance" must be a number'],
      [{ guidance: -1 }, 'key "_locref.guidance" must be a number'],
      [{ steps: 0 }, 'key "_locref.steps" must be a whole number'],
      [{ steps: 1e9 }, 'key "_locref.steps" must be a whole number'],
      [{ steps: null }, 'key "_locref.steps" must be a whole number'],
      [{ sizes: [[4, 4]] }, 'key "_locref.sizes" must be a list'],
      [{ sizes: [[128]] }, 'key "_locref.sizes" must be a list'],
      [{ sizes: 128 }, 'key "_locref.sizes" must be a list'],
      [
        { guidence: 2 },
        'key "_locref.guidence" is not known (did you mean "guidance"?)',
      ],
    ] as const
  ) {
    const error = assertThrows(
      () => parseModelIndex({ _locref: own }, { file }),
      LocRefError,
    );
    assert(error.message.includes(said), error.message);
  }
});

Deno.test("settings of a tower inside a whole CLIP are refused by their whole key", () => {
  const file = "clip/config.json";
  for (
    const [own, said] of [
      [
        { num_hidden_layers: 1e9 },
        'key "vision_config.num_hidden_layers" must',
      ],
      [[], 'key "vision_config" must be an object, got []'],
      [7, 'key "vision_config" must be an object, got 7'],
    ] as const
  ) {
    const error = assertThrows(
      () =>
        parseClipImageConfig({ model_type: "clip", vision_config: own }, {
          file,
        }),
      LocRefError,
    );
    assert(error.message.includes(said), error.message);
  }
});

Deno.test("several problems of one file are named together", () => {
  const error = assertThrows(
    () =>
      parseVaeConfig({
        ...subjects.vae.whole,
        act_fn: "relu",
        scaling_factor: 0,
      }, {
        file: "vae/config.json",
      }),
    LocRefError,
  );
  assert(
    error.message.includes(
      'key "act_fn" must be "silu" or "swish", got "relu"; key "scaling_factor"',
    ),
    error.message,
  );
});

Deno.test("keys that no library knows are a warning that names them, notes are skipped", () => {
  const config = {
    ...subjects.vae.whole,
    scaling_facter: 1,
    _note: 2,
    [`x${"y".repeat(1e5)}`]: 3,
  };
  const { warnings } = parseVaeConfig(config, { file: "vae/config.json" });
  assertEquals(warnings.length, 1);
  assert(
    warnings[0]!.includes(
      'key "scaling_facter" is not known (did you mean "scaling_factor"?)',
    ),
    warnings[0],
  );
  assert(!warnings[0]!.includes("_note"));
  assert(warnings[0]!.length < 400);
});

Deno.test("keys of Object's prototype are no keys of a config", () => {
  const config = JSON.parse(
    `{"__proto__": {"scaling_factor": 9}, "constructor": 1, "toString": 2}`,
  );
  const parsed = parseVaeConfig(config, { file: "vae/config.json" });
  assertEquals(parsed.config.scaling_factor, 0.18215);
  assert(parsed.warnings[0]!.includes('"constructor"'));
});
