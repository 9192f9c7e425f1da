import type { Adapter } from "../../adapters/adapter.ts";
import type { ClipImageConfig } from "../../encoders/clip_image.ts";
import type { TaesdConfig } from "../../encoders/taesd/taesd_config.ts";
import type { Base } from "../../bases/base.ts";
import type { ModelPart } from "../../weights/open_part.ts";

/** A LoRA that is merged into a model's weights. */
export interface MergedLora {
  /** Path of its file. */
  readonly path: string;
  /** Factor of its changes to the denoiser. */
  readonly scale: number;
  /** Factor of its changes to text encoders. */
  readonly textScale: number;
  /** Number of its tensors that changed the model. */
  readonly used: number;
  /** Number of its tensors that no layer of the model takes. */
  readonly left: number;
}

/** The files that a model is made of. */
export interface ModelParts {
  readonly base: Base;
  /** In the order in which they act. */
  readonly adapters: readonly Adapter[];
  /** LoRAs that are merged into the base. @default {none} */
  readonly loras?: readonly MergedLora[];
  readonly imageEncoder?: ModelPart<ClipImageConfig>;
  /** A tiny VAE, for previews and quick decoding. */
  readonly taesd?: ModelPart<TaesdConfig>;
}
