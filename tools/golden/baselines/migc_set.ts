import { join } from "node:path";
import {
  migcInputs,
  type MigcInstance,
} from "../../../lib/adapters/migc/migc_inputs.ts";
import { paintBox } from "../../../lib/adapters/migc/migc_masks.ts";
import { migcFile } from "../../../lib/adapters/migc/migc_weights.ts";
import { attentionSizes } from "../../../lib/bases/places.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import type { GoldenContext } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { boxesOf } from "./host_cases.ts";
import { openTinyUnet, placesOf, type TinyUnet } from "./tiny_unet.ts";

type Name = "migc" | "migc_plus";

/** A set of MIGC's goldens with its open files. */
export interface MigcSet {
  readonly name: Name;
  readonly context: GoldenContext;
  readonly goldens: Record<string, Tensor>;
  readonly unet: TinyUnet;
  readonly file: ReturnType<typeof migcFile>;
}

/** Opens the goldens of MIGC or MIGC++. */
export async function openMigcSet(
  context: GoldenContext,
  name: Name,
): Promise<MigcSet> {
  const { dir } = context;
  return {
    ...{ name, context },
    goldens: await readGoldens(dir, name),
    unet: await openTinyUnet(dir, "sd-tiny"),
    file: migcFile(
      await openSafetensors(join(dir, "migc", `${name}-tiny.safetensors`)),
    ),
  };
}

/** Form in which a set is run. */
export interface Form {
  readonly plain?: boolean;
  readonly onlyFuser?: boolean;
  readonly fuser?: boolean;
  readonly scaled?: boolean;
  readonly free?: boolean;
  readonly wide?: boolean;
}

/** Inputs of the layers for the set's scene. */
export function sceneInputs(
  { goldens, unet, file }: MigcSet,
  sample: Tensor,
  { scaled, free }: Form,
): Values<Tensor> {
  const [, , height, width] = sample.shape as [number, number, number, number];
  const picture = { height: 8 * height, width: 8 * width };
  const boxes = boxesOf(goldens.boxes!);
  const scales = [...goldens.scales!.data];
  const instances = boxes.map((box, i): MigcInstance => ({
    box,
    mask: free
      ? { ...picture, data: row(goldens.free_masks!, i) }
      : paintBox(box, picture),
    phrase: row(goldens.pooled!, i),
    ...(scaled
      ? {
        caption: scales[i],
        enhancement: scales.at(-1 - i),
        score: scales[i],
      }
      : {}),
  }));
  const layers = attentionSizes(placesOf(unet, sample));
  return migcInputs(instances, {
    ...{ picture, latent: { height, width }, layers },
  }, file.plus);
}

function row(x: Tensor, i: number): Float32Array {
  return Float32Array.from(sliceBatch(x, i, i + 1).data);
}

/** The scene's caption and each instance's, `[captions, tokens, width]`. */
export function captionRows(goldens: Record<string, Tensor>): Tensor {
  const text = goldens.encoder_hidden_states!;
  return sliceBatch(text, 1, text.shape[0]!);
}
