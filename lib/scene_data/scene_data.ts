import type { FractionBox } from "../core/geometry.ts";
/** The plain data of a scene: what `toJSON()` gives and what the pipeline reads. */

import type { Fit } from "../images/resize.ts";
import type { ControlData } from "./control_data.ts";
import type { InitData } from "./init_data.ts";
import type { Combine } from "./several_pictures.ts";
import type { StyleData } from "./style_data.ts";

/** Policies for overlapping instances. */
export const overlapPolicies: readonly Overlap[] = ["average", "sum", "top"];

/** How overlapping instances act on each other in the last term of Eq. (1). */
export type Overlap = "average" | "sum" | "top";

/** A LoRA that changes how the caption of one instance is read. */
export interface InstanceLora {
  /** Path of the file, or `org/repo/file.safetensors` on the hub. */
  readonly path: string;
  /** Factor of its changes to the keys and values of the caption; may be negative. */
  readonly scale: number;
  /** Factor of its changes to text encoders. */
  readonly textScale: number;
}

/** A LoRA of an instance before its defaults are filled in: its path, or an object. */
export type GivenLora =
  | string
  | (Pick<InstanceLora, "path"> & Partial<InstanceLora>);

/** One instance of a scene, with every default filled in. */
export interface InstanceData {
  /** Path, `file:` or `data:` URL of the reference picture, the first where there are several. */
  readonly reference: string;
  /** Further pictures of the same instance, by path or URL. */
  readonly others?: readonly string[];
  /** How several pictures combine; present where there are others. */
  readonly combine?: Combine;
  /** Where the instance goes. */
  readonly box: FractionBox;
  /** Caption of the instance; text attends to it inside the box. */
  readonly caption?: string;
  /** A LoRA by which the caption is read, inside the instance's mask alone. */
  readonly lora?: InstanceLora;
  /** Strength of the reference, sᵢ of Eq. (1), 0 or more. */
  readonly scale: number;
  /** Part of the run, as a fraction of the steps, from which the reference acts. */
  readonly start: number;
  /** Part of the run, as a fraction of the steps, up to which the reference acts. */
  readonly end: number;
  /** Negative caption of the instance: what its box shall not show. */
  readonly negativeCaption?: string;
  /** Path or URL of a picture that the instance shall not look like. */
  readonly negative?: string;
  /** Seed of the noise inside the box; the scene's own noise where absent. */
  readonly seed?: number;
  /** Order in depth: higher lies in front; equal ones as they were placed, later in front. */
  readonly z: number;
  /** Path or URL of a soft mask that takes the place of the box. */
  readonly region?: string;
  /** How the object is cut out of the reference: by its `alpha`, by a `model`, not at all (`none`), or by a mask's path. */
  readonly cutout: string;
  /** How a reference of another shape meets its box in the composite image; stretched where absent. */
  readonly fit?: Fit;
}

/** A whole scene. */
export interface SceneData {
  /** Version of this layout of the data. */
  readonly version: 1;
  /** The coordinate space, in pixels; absent: the model's own size. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Caption of the whole picture. */
  readonly caption: string;
  /** Negative caption: what the picture shall not show. */
  readonly negative: string;
  /** How overlapping instances combine. @default {the adapter's own setting} */
  readonly overlap?: Overlap;
  /** A picture to begin on. @default {none, which begins at noise} */
  readonly init?: InitData;
  /** Networks that read a picture beside the latents. @default {none} */
  readonly controls?: readonly ControlData[];
  /** A style that the picture shares with others (StyleAligned). @default {none} */
  readonly style?: StyleData;
  /** The instances, in the order in which they were placed. */
  readonly instances: readonly InstanceData[];
}

/** An instance before its defaults are filled in, its pictures by path or URL. */
export type GivenInstance =
  & Pick<InstanceData, "reference" | "box">
  & Omit<Partial<InstanceData>, "lora">
  & { readonly lora?: GivenLora };
