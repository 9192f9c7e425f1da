import { vaePrograms } from "../../encoders/vae_programs.ts";
import { parseClipTextConfig } from "../../weights/configs/clip_config.ts";
import {
  parseXlIndex,
  stableDiffusionXlPipelines,
} from "../../weights/configs/model_index.ts";
import { parseUnetConfig } from "../../weights/configs/unet_config.ts";
import {
  type ModelSource,
  type OpenBaseOptions,
  openSourcePart,
  pipelineOf,
} from "../../weights/model_source.ts";
import type { Base, NamedProgram } from "../base.ts";
import type { DenoiserForm } from "../denoiser_shape.ts";
import type { BaseKind } from "../base_kind.ts";
import { inferUnet } from "../sd/infer_unet.ts";
import {
  named,
  namedUnet,
  openSharedParts,
  spaceOf,
  textEncoder,
} from "../sd/stable_diffusion.ts";
import { stableDiffusionSettings } from "../sd/settings_files.ts";
import { readsMask, readsSizes } from "../sd/unet_config.ts";
import { unetShape } from "../sd/unet_programs.ts";
import { checkSdxl, namedParts } from "./check_parts.ts";
import { knownXlModels } from "./known_models.ts";
import type { SdxlParts } from "./sdxl_parts.ts";
import { sdxlStepInputs } from "./step_inputs.ts";
import { sdxlText } from "./text.ts";

/** A Stable Diffusion XL model, opened but not loaded. */
export interface StableDiffusionXl extends Base, SdxlParts {}

/** Stable Diffusion XL (Podell et al. 2023): two text encoders, a UNet that also reads sizes, a VAE. */
export const stableDiffusionXl: BaseKind<StableDiffusionXl> = {
  family: "sdxl",
  summary: "Stable Diffusion XL: two text encoders, UNet, VAE",
  pipelines: stableDiffusionXlPipelines,
  matches({ index, has }) {
    const pipeline = pipelineOf(index);
    return typeof pipeline === "string"
      ? stableDiffusionXlPipelines.includes(pipeline)
      : has("text_encoder_2") && !has("text_encoder_3") && !has("transformer");
  },
  open: async (source, options = {}) =>
    stableDiffusionXlOf(await openParts(source, options)),
  settings: [
    { name: "model_index.json", parse: parseXlIndex },
    ...stableDiffusionSettings.filter(({ name }) =>
      name !== "model_index.json"
    ),
    {
      name: "text_encoder_2/config.json",
      parse: parseClipTextConfig,
      required: true,
    },
  ],
  tokenizers: { tokenizer: "text_encoder", tokenizer_2: "text_encoder_2" },
  denoiserOf: (config, place) =>
    unetShape(parseUnetConfig(config, place).config),
  denoiserIn(weights) {
    const config = inferUnet(weights);
    return readsSizes(config) ? unetShape(config) : undefined;
  },
  known: knownXlModels,
};

async function openParts(
  source: ModelSource,
  options: OpenBaseOptions,
): Promise<SdxlParts> {
  const { index } = source;
  const { config: own, warnings } = index === undefined
    ? { config: { forceZeros: true }, warnings: [] }
    : parseXlIndex(index.value, { file: index.file });
  for (const warning of warnings) options.onWarning?.(warning);
  const { forceZeros, sizes, ...defaults } = own;
  return {
    ...await openSharedParts(source, options),
    ...{ defaults, sizes, forceZeros },
    tokenizer2: source.tokenizer("tokenizer_2"),
    text2: await openSourcePart(
      source,
      "text_encoder_2",
      parseClipTextConfig,
      options,
    ),
  };
}

/** A base of opened parts. */
function stableDiffusionXlOf(parts: SdxlParts): StableDiffusionXl {
  const { unet, text, text2 } = parts;
  const layers = [text, text2].map(({ config }) => config.num_hidden_layers);
  return {
    ...parts,
    family: "sdxl",
    ...spaceOf(parts),
    denoiser: unetShape(unet.config),
    styleBlocks: {
      style: ["up_blocks.0.attentions.1"],
      layout: ["down_blocks.2.attentions.1"],
    },
    reads: {
      mask: readsMask(unet.config),
      secondText: true,
      sizes: true,
      guidance: Boolean(unet.config.time_cond_proj_dim),
      zeroNegative: parts.forceZeros,
      // the last layer is left out anyway, and the first must stay
      clipSkip: Math.min(...layers) - 2,
    },
    parts: namedParts(parts),
    tokenizers: {
      tokenizer: parts.tokenizer,
      tokenizer_2: parts.tokenizer2,
    },
    ...sdxlText(parts),
    stepInputs: (encoded, run) => sdxlStepInputs(unet.config, encoded, run),
    programs: (form) => programsOf(parts, form),
    check: () => checkSdxl(parts, programsOf(parts, anySize)),
  };
}

const anySize: DenoiserForm = { size: { height: 8, width: 8 } };

function programsOf(parts: SdxlParts, form: DenoiserForm): NamedProgram[] {
  const { text, text2, unet, vae } = parts;
  const state = { skip: 1 + (form.clipSkip ?? 0), normed: false };
  return [
    textEncoder("text_encoder", text, form, state),
    textEncoder("text_encoder_2", text2, form, { ...state, projected: true }),
    ...namedUnet(unet, form),
    ...named("vae", vae.weights, vaePrograms(vae.config, form.size)),
  ];
}
