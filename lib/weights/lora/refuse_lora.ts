import { quote } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** A name by which a file is known that cannot be merged, and why. */
type Refused = readonly [RegExp, string];

/** Files for models of other families, which no merging brings here. */
const ofOtherModels: readonly Refused[] = [
  [
    /double_blocks|single_blocks|single_transformer_blocks|^lora_transformer_transformer_blocks|^lora_te3_|^diffusion_model\.(layers|blocks)\./,
    "is made for FLUX or a model like it, not for Stable Diffusion",
  ],
  [
    /joint_blocks|^transformer\.transformer_blocks\.|^lora_transformer_/,
    "is made for Stable Diffusion 3 or a model like it, not for Stable Diffusion 1, 2 or XL",
  ],
  [
    /^lora_prior_|^lora_unet_down_blocks_\d+_\d+_/,
    "is made for Stable Cascade, not for Stable Diffusion 1, 2 or XL",
  ],
];

const refused: readonly Refused[] = [
  ...ofOtherModels,
  [
    /^lora_controlnet$/,
    "is a ControlNet as a LoRA, a network of another kind",
  ],
  [
    /[._](dora_scale|lora_magnitude_vector)(\.|$)/,
    "is a DoRA, whose weights are scaled by norms of the merged ones",
  ],
  [
    /[._](lora_mid\.weight|hada_t[12]|lokr_t[12])$|\.cp_/,
    "has Tucker decompositions, of three factors a convolution",
  ],
  [
    /[._](oft_blocks|oft_diag|boft_\w+|oft_R\.weight)$/,
    "is an OFT, which turns weights",
  ],
  [/\.(a1|a2|b1|b2)\.weight$|\.bm\d$/, "is a GLoRA, which multiplies weights"],
  [/\.on_input$/, "is an (IA)³, which scales activations"],
  [
    /\.lora_(B|up)(\.[\w-]+)?\.bias$/,
    "has biases beside its factors (lora_bias of peft)",
  ],
  [
    /^bundle_emb\./,
    "also holds words of its own (bundle_emb), which the tokenizer would have to know",
  ],
];

/**
 * Refuses a LoRA file that cannot be merged as it is meant.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming file, kind and the first such tensor.
 */
export function refuseUnmergeable(
  names: readonly string[],
  file: string,
): void {
  for (const [pattern, what] of refused) {
    const name = names.find((one) => pattern.test(one));
    if (name === undefined) continue;
    throw new LocRefError(
      "checkpoint-mismatch",
      `LoRA ${quote(file)} ${what}, and LocRef does not merge it (tensor ${
        quote(name)
      })`,
    );
  }
}

/** Whether files with such names are for models of other families. */
export function isOfOtherModel(names: readonly string[]): boolean {
  return ofOtherModels.some(([pattern]) =>
    names.some((one) => pattern.test(one))
  );
}

/** The reason why files with such names cannot be merged, as {@linkcode refuseUnmergeable} gives it. */
export function whyUnmergeable(names: readonly string[]): string | undefined {
  return refused.find(([pattern]) => names.some((one) => pattern.test(one)))
    ?.[1];
}
