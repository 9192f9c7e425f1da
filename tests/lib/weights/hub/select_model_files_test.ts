import { assert, assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { selectModelFiles } from "../../../../lib/weights/hub/select_model_files.ts";

/** What the repository of Stable Diffusion 1.5 holds, in short. */
const sd15 = [
  ".gitattributes",
  "README.md",
  "model_index.json",
  "v1-5-pruned.ckpt",
  "v1-5-pruned.safetensors",
  "feature_extractor/preprocessor_config.json",
  "safety_checker/config.json",
  "safety_checker/model.safetensors",
  "scheduler/scheduler_config.json",
  "text_encoder/config.json",
  "text_encoder/model.fp16.safetensors",
  "text_encoder/model.safetensors",
  "text_encoder/pytorch_model.bin",
  "tokenizer/merges.txt",
  "tokenizer/special_tokens_map.json",
  "tokenizer/tokenizer_config.json",
  "tokenizer/vocab.json",
  "unet/config.json",
  "unet/diffusion_pytorch_model.bin",
  "unet/diffusion_pytorch_model.fp16.safetensors",
  "unet/diffusion_pytorch_model.non_ema.safetensors",
  "unet/diffusion_pytorch_model.safetensors",
  "vae/config.json",
  "vae/diffusion_pytorch_model.safetensors",
];

function weightsOf(paths: string[]): string[] {
  return paths.filter((path) => path.endsWith(".safetensors"));
}

Deno.test("Of Stable Diffusion 1.5 only configs and one set of weights a part are taken", () => {
  assertEquals(selectModelFiles(sd15), [
    "model_index.json",
    "scheduler/scheduler_config.json",
    "text_encoder/config.json",
    "text_encoder/model.safetensors",
    "tokenizer/merges.txt",
    "tokenizer/special_tokens_map.json",
    "tokenizer/tokenizer_config.json",
    "tokenizer/vocab.json",
    "unet/config.json",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/config.json",
    "vae/diffusion_pytorch_model.safetensors",
  ]);
});

/** The repository of Stable Diffusion XL holds the same weights in other forms too. */
const sdxl = [
  ...sd15.filter((path) => !path.startsWith("safety_checker")),
  "sd_xl_base_1.0.safetensors",
  "sd_xl_base_1.0_0.9vae.safetensors",
  "text_encoder/flax_model.msgpack",
  "text_encoder/model.onnx",
  "text_encoder/openvino_model.bin",
  "text_encoder_2/config.json",
  "text_encoder_2/flax_model.msgpack",
  "text_encoder_2/model.fp16.safetensors",
  "text_encoder_2/model.onnx",
  "text_encoder_2/model.onnx_data",
  "text_encoder_2/model.safetensors",
  "tokenizer_2/merges.txt",
  "tokenizer_2/special_tokens_map.json",
  "tokenizer_2/tokenizer_config.json",
  "tokenizer_2/vocab.json",
  "vae_1_0/config.json",
  "vae_1_0/diffusion_pytorch_model.safetensors",
  "vae_decoder/config.json",
  "vae_decoder/model.onnx",
];

Deno.test("Of Stable Diffusion XL both text encoders and tokenizers are taken, no other forms", () => {
  assertEquals(weightsOf(selectModelFiles(sdxl)), [
    "text_encoder/model.safetensors",
    "text_encoder_2/model.safetensors",
    "unet/diffusion_pytorch_model.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
  ]);
  const others = selectModelFiles(sdxl).filter((path) =>
    path.startsWith("tokenizer_2/")
  );
  assertEquals(others.length, 4);
  assert(!selectModelFiles(sdxl).some((path) => /onnx|bin$|flax/.test(path)));
});

Deno.test("A variant is taken where a part has it", () => {
  assertEquals(weightsOf(selectModelFiles(sd15, { variant: "fp16" })), [
    "text_encoder/model.fp16.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    "vae/diffusion_pytorch_model.safetensors",
  ]);
});

Deno.test("Shards are taken with their index", () => {
  const paths = sd15.filter((path) => !path.startsWith("unet/diffusion"))
    .concat(
      "unet/diffusion_pytorch_model.safetensors.index.json",
      "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
      "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
      "unet/diffusion_pytorch_model-00001-of-00002.fp16.safetensors",
    );
  assertEquals(
    selectModelFiles(paths).filter((path) => /unet\/d/.test(path)),
    [
      "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
      "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
      "unet/diffusion_pytorch_model.safetensors.index.json",
    ],
  );
});

Deno.test("One part in a folder is taken alone", () => {
  const paths = [
    "models/ip-adapter_sd15.safetensors",
    "models/image_encoder/config.json",
    "models/image_encoder/model.safetensors",
    "models/image_encoder/pytorch_model.bin",
    "sdxl_models/image_encoder/config.json",
  ];
  assertEquals(selectModelFiles(paths, { folder: "models/image_encoder" }), [
    "models/image_encoder/config.json",
    "models/image_encoder/model.safetensors",
  ]);
});

Deno.test("A model whose weights are pickles only is refused, and says why", () => {
  const paths = sd15.filter((path) => !/unet.*safetensors/.test(path));
  assertThrows(
    () => selectModelFiles(paths),
    LocRefError,
    "unet/ has no safetensors weights: diffusion_pytorch_model.bin is a Python pickle",
  );
});

Deno.test("A model without a part is refused, and the part is named", () => {
  assertThrows(
    () => selectModelFiles(sd15.filter((path) => !path.startsWith("vae/"))),
    LocRefError,
    "has a model_index.json but no vae",
  );
});

Deno.test("Weights that are there in another variant only are named", () => {
  const paths = sd15.filter((path) =>
    path !== "unet/diffusion_pytorch_model.safetensors" &&
    !path.endsWith(".bin")
  );
  assertThrows(
    () => selectModelFiles(paths),
    LocRefError,
    "there is diffusion_pytorch_model.fp16.safetensors: ask for its variant",
  );
});
