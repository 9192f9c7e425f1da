import type { SquareFit } from "../weights/square_fit.ts";
import type { Size } from "../core/geometry.ts";
import type { Tensor } from "../core/tensor.ts";
import type { Program, Runner, Values, WeightSource } from "../ops/executor.ts";
import type { SchedulerConfig } from "../weights/configs/scheduler_config.ts";
import type { WeightKind } from "../weights/identify/weight_identity.ts";
import type { ModelPart } from "../weights/open_part.ts";
import type { AttentionLayers } from "./places.ts";
import type { DenoiserForm, DenoiserShape } from "./denoiser_shape.ts";
import type {
  TextConditioning,
  TextRequest,
  TextRun,
} from "./text_conditioning.ts";
import type { SizeConditions } from "./size_conditions.ts";

/** The space that a denoiser works in. */
export interface LatentSpace {
  /** Channels of the latents. */
  readonly channels: number;
  /** Pixels along a side of one latent cell. */
  readonly factor: number;
  /** Latents are divided by this before the VAE decodes them. */
  readonly scale: number;
  /** It is added to latents after that. */
  readonly shift: number;
}

/** One program of a model. */
export interface NamedProgram {
  /** Name for messages, runners and exported files, such as `text_encoder`. */
  readonly name: string;
  /** Name of the part whose weights it reads. */
  readonly part: string;
  /** The weights of that part. */
  readonly weights: WeightSource;
  /** Whether it runs once a scene, so that it can be freed before the first step. @default {false} */
  readonly onceAScene?: boolean;
  /** Whether it depends on the size, so that those of the last few sizes alone stay. @default {false} */
  readonly sized?: boolean;
  /** Makes the program. */
  readonly program: () => Program;
}

/** One part of a model: its file, settings and weights, and what its file must be. */
export interface NamedPart extends ModelPart<unknown> {
  /** Name of its folder in diffusers' layout, such as `text_encoder`. */
  readonly name: string;
  /** The kinds of weight file that it may be. */
  readonly kinds: readonly WeightKind[];
  /** The part in words, for messages. */
  readonly expected: string;
  /** Names of weights that no program reads and that are no mistake. */
  readonly ignore?: readonly RegExp[];
}

/** Pooled text of one encoder, for adapters that read short phrases. */
export interface PhraseEncoder {
  /** The program, which is among those of the adapter that reads it. */
  readonly program: NamedProgram;
  /** One vector a text, `[N, width]`, by that program compiled. */
  encode(texts: readonly string[], encoder: Runner): Promise<Tensor>;
}

/** Values of a run that the denoiser is given in every step. */
export interface StepRun {
  /** Size of the picture, in pixels. */
  readonly size: Size;
  /** Guidance scale; above 1 the batch begins with the unconditional branch. */
  readonly guidance: number;
  /** Sizes that the model is to go by. @default {those of the picture} */
  readonly sizes?: SizeConditions;
}

/** Inputs of a base beside one text and the time. */
export interface BaseInputs {
  /** Whether it has a second text encoder, with a text of its own. @default {false} */
  readonly secondText?: boolean;
  /**
   * Whether it reads a mask and the kept picture behind the latents, as inpainting models do.
   *
   * @default {false}
   */
  readonly mask?: boolean;
  /** Whether it goes by sizes. @default {false} */
  readonly sizes?: boolean;
  /** Whether the guidance is an input of the denoiser, which then has no unconditional branch. @default {false} */
  readonly guidance?: boolean;
  /** Whether the text of a negative caption that nobody gave is zeros. @default {false} */
  readonly zeroNegative?: boolean;
  /** How many layers of its text encoders can be left out. @default {0} */
  readonly clipSkip?: number;
}

/** Settings that a model brings along, where its files have them. */
export interface BaseDefaults {
  /** Guidance scale. */
  readonly guidance?: number;
  /** Steps of the sampler. */
  readonly steps?: number;
}

/** Sizes of the pictures and latents of a model. */
export interface PictureSpace {
  /** The space that the denoiser works in. */
  readonly latent: LatentSpace;
  /** Size of the pictures that it was trained on, in pixels. */
  readonly nativeSize: Size;
  /** Other sizes that it was trained on, in pixels. @default {none} */
  readonly trainedSizes?: readonly Size[];
  /** How its cells lie in the square of its coordinates. @default {it sees no coordinates} */
  readonly coordinateFit?: SquareFit;
  /** Sides of pictures are best multiples of this, in pixels: the denoiser halves them without a rest. */
  readonly sizeStep: number;
  /** Memory that decoding latents of `size` takes at its peak, in bytes. @default {little} */
  decodingMemory?(size: Size): number;
}

/** Blocks that bring one side of a picture, by their names (InstantStyle, Wang et al. 2024). */
export interface StyleBlocks {
  /** Colours, materials, atmosphere. */
  readonly style?: readonly string[];
  /** Places of things. */
  readonly layout?: readonly string[];
}

/**
 * A denoiser family on its checkpoints, opened but not loaded.
 *
 * Its programs must include `text_key_value` (keys and values of text), `unet` (one step of the
 * denoiser, whatever it is), and `vae_decoder`.
 */
export interface Base extends AttentionLayers, PictureSpace {
  /** Name of the family, such as `sd`. */
  readonly family: string;
  /** Folder or file that it was opened from. */
  readonly folder: string;
  /** Its denoiser without its weights: what training passes through. */
  readonly denoiser: DenoiserShape;
  /** Settings of the forward process and of samplers. */
  readonly scheduler: SchedulerConfig;
  /** File of the scheduler's config, in messages. */
  readonly schedulerFile: string;
  /** Settings that its files bring along. */
  readonly defaults: BaseDefaults;
  /** Inputs beside one text and the time. @default {none} */
  readonly reads?: BaseInputs;
  /** Blocks that bring style and layout, where they are known. */
  readonly styleBlocks?: StyleBlocks;
  /** Its parts: the one list that checks, hashes and the doctor read. */
  readonly parts: readonly NamedPart[];
  /** Folders of its tokenizers, by name. */
  readonly tokenizers: Readonly<Record<string, string>>;
  /**
   * Reads the tokenizers' files, once.
   *
   * @returns warnings about settings that are not known.
   * @throws {LocRefError} if a file is missing or broken, or does not fit its text encoder.
   */
  openTokenizers(): Promise<readonly string[]>;
  /** Ids of a text's tokens, start and end included, without padding; the tokenizers are open. */
  textIds?(text: string): readonly number[];
  /** Pooled text of its first encoder, where {@linkcode TextConditioning.pooled} is another's. */
  readonly phrases?: PhraseEncoder;
  /** Whether a word is one that the tokenizers know as a whole; they are open. */
  isWord(word: string): boolean;
  /**
   * Encodes texts, a row each.
   *
   * @throws {LocRefError} `not-finite` if a text encoder's result is.
   */
  encodeText(
    texts: readonly TextRequest[],
    run: TextRun,
  ): Promise<TextConditioning>;
  /**
   * Inputs of the denoiser beside sample, text and adapters, for a batch of timesteps.
   *
   * @param text The unconditional text and the scene's, or the scene's alone; a batch that is shorter
   * has its last rows.
   */
  stepInputs(
    text: TextConditioning,
    run: StepRun,
  ): (timesteps: readonly number[]) => Values<Tensor>;
  /** Every program that reads the base's weights: the one list for runs, checks and exports. */
  programs(form: DenoiserForm): NamedProgram[];
  /**
   * Compares its parts with its programs and with each other. Reads no values.
   *
   * @throws {LocRefError} `checkpoint-mismatch`, naming the part and what does not fit.
   */
  check(): void;
}
