import type { WeightSource } from "../ops/executor.ts";
import type { ConfigPlace, Parsed } from "../weights/configs/parse_config.ts";
import type { ModelSource, OpenBaseOptions } from "../weights/model_source.ts";
import type { Base, PictureSpace } from "./base.ts";
import type { DenoiserShape } from "./denoiser_shape.ts";

/** A published model whose sizes are known without its files. */
export interface KnownModel extends PictureSpace {
  /** Short name, such as `sd15`. */
  readonly name: string;
  /** Its denoiser without weights. */
  readonly denoiser: DenoiserShape;
}

/** A settings file of a family's folders. */
export interface SettingsFile {
  /** Path in the folder, such as `unet/config.json`. */
  readonly name: string;
  /** Checks its value as `load` does. */
  readonly parse: (value: unknown, place: ConfigPlace) => Parsed<unknown>;
  /** Whether it must exist. @default {false} */
  readonly required?: boolean;
}

/** Marks that a family is recognised by. */
export type Recognised = Pick<ModelSource, "path" | "index" | "has">;

/** A family of bases: how a model of it is recognised and opened. */
export interface BaseKind<B extends Base = Base> {
  /** Name of the family, such as `sd`. */
  readonly family: string;
  /** One line for tables. */
  readonly summary: string;
  /** Pipeline classes of diffusers that have its parts, the usual one first. */
  readonly pipelines: readonly string[];
  /** Whether a model is of this family, by its pipeline's class, or its parts where none is named. */
  matches(source: Recognised): boolean;
  /**
   * Opens a model. Reads no values.
   *
   * @throws {LocRefError} if a file is missing or broken, or a config is not supported.
   */
  open(source: ModelSource, options?: OpenBaseOptions): Promise<B>;
  /** The settings files of its folders: what the doctor reads. */
  readonly settings: readonly SettingsFile[];
  /** Its tokenizers' folders, and the text encoder that reads the ids of each. */
  readonly tokenizers: Readonly<Record<string, string>>;
  /** Its denoiser by the settings beside it. @throws {LocRefError} `config-invalid` */
  denoiserOf(config: unknown, place: ConfigPlace): DenoiserShape;
  /**
   * Its denoiser by names and shapes of the weights alone; `undefined` where it is another family's.
   *
   * @throws {LocRefError} `checkpoint-mismatch` if a weight that defines a size is missing.
   */
  denoiserIn(
    weights: Pick<WeightSource, "names" | "info">,
  ): DenoiserShape | undefined;
  /**
   * Folders of its parts in diffusers' layout, its denoiser's first: what is fetched from the hub.
   *
   * @default {`unet`, `scheduler`, `text_encoder`, `tokenizer`, `vae`}
   */
  readonly folders?: readonly string[];
  /** Published models of the family. */
  readonly known: readonly KnownModel[];
}
