import type { Precision } from "../../ops/executor.ts";
import type { BackendName } from "../../ops/backends.ts";

/** A LoRA that is merged into a model. */
export interface LoraOptions {
  /** The file: a path, or `org/repo/path/in/repo.safetensors` on the hub. */
  path: string;
  /** Factor of its changes; negative takes them away. @default {1} */
  scale?: number;
  /** Factor of its changes to text encoders. @default {scale} */
  textScale?: number;
}

/** Options of {@linkcode LocRef.load}. */
export interface LoadOptions {
  /**
   * Stable Diffusion model, where it is not in the model's own folder: a folder, a checkpoint in one
   * file, or either on the hub.
   */
  base?: string;
  /**
   * Adapter file: a path, or `org/repo/path/in/repo.safetensors` on the hub. Several act together, in
   * their order.
   */
  adapter?: string | readonly string[];
  /** Folder of the CLIP image encoder, or `org/repo/folder` on the hub. */
  imageEncoder?: string;
  /** VAE in the place of the model's: a folder, a file, or either on the hub. */
  vae?: string;
  /** Text encoder in the place of the model's: a folder, a file, or either on the hub. */
  textEncoder?: string;
  /** Second text encoder in the place of the model's, in SDXL. */
  textEncoder2?: string;
  /** UNet in the place of the model's: a folder, a file, or either on the hub. */
  unet?: string;
  /**
   * Kind of the denoiser's prediction, where a file does not say it or says it wrongly.
   *
   * @default {what the model's files say}
   */
  prediction?: "epsilon" | "v_prediction" | "sample";
  /** LoRAs that are merged into the model, added in this order. @default {none} */
  loras?: readonly LoraOptions[];
  /**
   * Folder or file of a tiny VAE, or a hub id such as `madebyollin/taesd`, `madebyollin/taesdxl`: for previews
   * and quick decoding, see `preview` and `decoder` of `generate`.
   */
  taesd?: string;
  /** Backend. @default {"auto"} */
  backend?: BackendName | "auto";
  /** Variant of the weight files, such as `fp16`. */
  variant?: string;
  /**
   * Whether to resolve a branch on the hub again, even if an older commit is cached.
   *
   * @default {false}
   */
  refresh?: boolean;
  /** Threads of the backend. @default {the number of cores} */
  threads?: number;
  /**
   * Whether the UNet's matrix products use weights of eight bits: faster where the processor
   * multiplies bytes (AVX-512 VNNI), a little less exact; backend `onnx` only.
   *
   * @default {false}
   */
  int8?: boolean;
  /**
   * Precision that models compute in: half precision takes half the memory, on GPUs of onnxruntime only
   * (`onnx-webgpu`, `onnx-cuda`). The VAE stays in float32 unless its config says otherwise.
   *
   * @default {"float32"}
   */
  precision?: Precision;
  /** Called while files come from the hub, with bytes so far and in all. */
  onProgress?: (
    progress: { file: string; loaded: number; total: number },
  ) => void;
  /** Stops a download. */
  signal?: AbortSignal;
}
