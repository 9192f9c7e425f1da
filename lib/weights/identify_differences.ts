/** Files that hold changes of a model, or parts that steer it: LoRA, LyCORIS, ControlNet and the like. */

import { isOfOtherModel, whyUnmergeable } from "./lora/refuse_lora.ts";
import {
  baseOf,
  type WeightIdentity,
  type WeightView,
} from "./identify/weight_identity.ts";

/** How a file of differences is used, or why it cannot be. */
function mergeable(
  view: WeightView,
): Pick<WeightIdentity, "base" | "next" | "unusable"> {
  const base = loraBase(view);
  const why = whyUnmergeable(view.names());
  if (why === undefined) {
    return {
      base,
      next:
        "Load its base with it: LocRef.load(BASE, { loras: [{ path: FILE, scale: 1 }] }), or --lora FILE:1",
    };
  }
  return {
    base,
    next: isOfOtherModel(view.names())
      ? "Take a LoRA for Stable Diffusion 1, 2 or XL in its place"
      : 'Fuse it into its base with the program that made it, or with diffusers (pipe.load_lora_weights(FILE), pipe.fuse_lora(), pipe.unload_lora_weights(), pipe.save_pretrained("DIR")), and load that folder',
    unusable: `it ${why}`,
  };
}

/** Endings of tensor names, by LyCORIS's algorithm. */
const LYCORIS: readonly (readonly [RegExp, string])[] = [
  [/[._]hada_w[12]_[ab]$|[._]hada_t[12]$/, "LoHa"],
  [/[._]lokr_(w[12](_[ab])?|t2)$/, "LoKr"],
  [/[._]oft_(blocks|diag)$|[._]boft_/, "OFT"],
  [/^(lora|lycoris)_.*\.(a1|a2|b1|b2)\.weight$/, "GLoRA"],
  [/^(lora|lycoris)_.*\.on_input$/, "(IA)³"],
  [/^(lora|lycoris)_.*\.(diff(_b)?|[wb]_norm)$/, "full differences"],
  [/\.lora_mid\.weight$|\.lora_(down|up)_?\.cp_/, "LoCon"],
];

/** LyCORIS files of all algorithms, and LoCon: LoRA of convolutions. */
export function lycoris(view: WeightView): WeightIdentity | undefined {
  const { find, info } = view;
  const found = LYCORIS.find(([pattern]) => find(pattern) !== undefined);
  const convolution = view.names().some((name) =>
    /lora_down\.weight$/.test(name) &&
    info(name)!.shape.length === 4 && (info(name)!.shape[2] ?? 1) > 1
  );
  if (found === undefined && !convolution) return;
  return {
    kind: "lycoris",
    what: `LyCORIS file, ${found?.[1] ?? "LoCon"}`,
    ...mergeable(view),
  };
}

const LORA =
  /(lora_down|lora_up|lora_A|lora_B|lora\.down|lora\.up)(\.[A-Za-z_]+_?\d*)?(\.weight)?$|lora_linear_layer\.(down|up)\.weight$|lora_magnitude_vector|dora_scale$/;

/** LoRA files, of diffusers, peft and kohya. */
export function lora(view: WeightView): WeightIdentity | undefined {
  const part = view.find(LORA);
  if (part === undefined) return;
  return {
    kind: "lora",
    what: "LoRA",
    ...mergeable(view),
  };
}

/** Names that only LoRAs of Stable Diffusion XL have: of its encoders, and of layers behind the first. */
const XL_NAMES =
  /^(lora|lycoris)_te[12]_|^(base_model\.model\.)?text_encoder_2\.|[._]transformer_blocks[._][1-9]/;

/** The base of a file of differences, by the width of the text that it reads, or by its names. */
function loraBase(view: WeightView): string | undefined {
  const { find } = view;
  if (find(/double_blocks|single_transformer_blocks/)) return "FLUX";
  const width = textWidth(view);
  if (width !== undefined) return baseOf(width);
  return find(XL_NAMES) === undefined ? undefined : baseOf(2048);
}

/** The width of the text that a file's cross-attention reads. */
function textWidth({ find, dim }: WeightView): number | undefined {
  const read = find(
    /attn2[._].*to_[kv].*(lora_down|lora_A|lora\.down|lora_linear_layer\.down)(\.\w+)?\.weight$|attn2[._].*to_[kv]\.(hada_w1_b|diff)$/,
  );
  if (read !== undefined) return dim(read, 1);
  const factor = find(/attn2[._].*to_[kv]\.lokr_w1(_b)?$/);
  if (factor === undefined) return undefined;
  const layer = factor.replace(/lokr_w1(_b)?$/, "");
  const other = dim(`${layer}lokr_w2`, 1) ?? dim(`${layer}lokr_w2_b`, 1);
  return other && dim(factor, 1)! * other;
}

/** ControlNets of diffusers, of the original layout, and control LoRAs. */
export function controlnet(
  { has, dim, find }: WeightView,
): WeightIdentity | undefined {
  const original = find(
    /^(control_model\.)?(input_hint_block|zero_convs)\.\d+/,
  );
  const small = has("lora_controlnet");
  const diffusers = find(
    /^(controlnet_cond_embedding|controlnet_down_blocks)\./,
  );
  if (original === undefined && !small && diffusers === undefined) return;
  const read = find(/attn2\.to_k\.weight$/);
  const layout = small
    ? "ControlNet as a LoRA"
    : original
    ? "ControlNet in the original layout"
    : "ControlNet";
  return {
    kind: "controlnet",
    what: layout,
    base: read === undefined ? undefined : baseOf(dim(read, 1)),
    next: small
      ? "Take the whole ControlNet of its kind in its place"
      : "Hold a picture with it: generate({ controls: [{ model: FILE, image }] })",
    unusable: small
      ? "it is a change of its base's weights, which LocRef does not apply"
      : undefined,
  };
}

/** T2I-Adapters of diffusers and of the original layout. */
export function t2iAdapter({ find }: WeightView): WeightIdentity | undefined {
  const body = find(
    /^(adapter\.)?body\.\d+\.(resnets\.\d+\.)?(block1|block2|in_conv)\.weight$/,
  );
  if (body === undefined) return;
  return {
    kind: "t2i-adapter",
    what: `T2I-Adapter${
      body.startsWith("adapter.") ? "" : " in the original layout"
    }`,
    next: body.startsWith("adapter.")
      ? "Hold a picture with its folder: generate({ controls: [{ model: FOLDER, image }] })"
      : "Take it in the layout of diffusers, such as a folder of TencentARC's of 2023",
    unusable: body.startsWith("adapter.")
      ? undefined
      : "LocRef reads T2I-Adapters in the layout of diffusers",
  };
}

/** Widths of words in the text encoders of Stable Diffusion. */
const WORD_WIDTHS = [768, 1024, 1280, 2048];

const EMBEDDINGS = /^(emb_params|clip_l|clip_g|string_to_param.*|\*|<.*>)$/;

/** Textual inversions: a few words for the text encoders, and nothing else. */
export function textualInversion(
  view: WeightView,
): WeightIdentity | undefined {
  const names = view.names();
  const shapes = names.map((name) => view.info(name)!.shape);
  const words = names.length > 0 && names.length <= 4 &&
    shapes.every((shape) =>
      shape.length >= 1 && shape.length <= 2 &&
      WORD_WIDTHS.includes(shape.at(-1)!) &&
      (shape.length === 1 || shape[0]! <= 128)
    );
  const named = names.some((name) => EMBEDDINGS.test(name));
  // A single tensor may bear any name: the word's own.
  if (!words || !(named || names.length === 1)) return;
  if (!named && /\.(weight|bias)$|^(weight|bias)$/.test(names[0]!)) return;
  return {
    kind: "textual-inversion",
    what: "textual inversion",
    next: "Place a reference picture with the caption in its place",
    unusable: "LocRef does not add words to the tokenizer",
  };
}
