import type { Base } from "../../lib/bases/base.ts";
import type { Places } from "../../lib/bases/places.ts";
import type { Size } from "../../lib/core/geometry.ts";
import type { Random } from "../../lib/core/random.ts";
import type { Tensor } from "../../lib/core/tensor.ts";
import type { ClipImageConfig } from "../../lib/encoders/clip_image.ts";
import type { Values, WeightSource } from "../../lib/ops/executor.ts";
import type { FrozenEncoders } from "../locref/frozen_encoders.ts";
import type { SeenScene } from "../locref/drawn_scene.ts";
import type { HostWeights } from "../loop/host_weights.ts";
import type { Initial } from "../loop/initial_weights.ts";
import type { AdapterNet } from "./adapter_net.ts";

/** The frozen models that an adapter is trained on. */
export interface FrozenModels {
  readonly base: Base;
  readonly encoders: FrozenEncoders;
  /** Settings of the image encoder, where there is one. */
  readonly imageEncoder?: ClipImageConfig;
  /** Side of the training pictures, in pixels. */
  readonly side: number;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Where adapters act at that size. */
  readonly places: Places;
  /** The denoiser's weights. */
  readonly weights: WeightSource;
}

/** A scene as an adapter's conditions are made of it. */
export interface ConditionedScene {
  /** Name of the sample. */
  readonly key: string;
  readonly seen: SeenScene;
  /** A phrase for each instance, in the order of the boxes; `undefined` where the sample has none. */
  readonly phrases: readonly (string | undefined)[];
  /** The scene's caption, `undefined` where it is dropped. */
  readonly caption: string | undefined;
  /** Whether the adapter's own conditions are dropped. */
  readonly dropped: boolean;
  /** Random numbers of this sample alone. */
  readonly random: Random;
}

/** One kind of adapter, as far as training depends on it. */
export interface AdapterTraining {
  readonly net: AdapterNet;
  /** How a weight begins; `undefined` leaves it to the default. */
  initial?(name: string, shape: readonly number[]): Initial | undefined;
  /** A weight of the base that a weight begins as, by its name there. */
  copied?(name: string): string | undefined;
  /** The adapter's values of a batch. */
  conditions(
    scenes: readonly ConditionedScene[],
  ): Promise<Values<Tensor>>;
  /** Its weights in a file, under the names that training has for them. */
  weightsOf(file: WeightSource): WeightSource;
  /** Text for the header of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Writes what lies beside the file, if anything does. */
  beside?(folder: string, weights: HostWeights): Promise<void>;
}
