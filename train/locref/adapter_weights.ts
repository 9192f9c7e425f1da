import { locrefPrograms } from "../../lib/adapters/locref/locref_programs.ts";
import { portableName } from "../../lib/core/files/portable_name.ts";
import type {
  AppearanceNetShape,
} from "../../lib/adapters/locref/appearance_net.ts";
import type { Base } from "../../lib/bases/base.ts";
import type { LocRefFile } from "../../lib/adapters/locref/locref_file.ts";
import { listAllWeights } from "../../lib/ops/list_weights.ts";
import type { WeightSource } from "../../lib/ops/executor.ts";
import { layoutNetIndex } from "../../lib/adapters/locref/layout_net.ts";
import { type AttentionLayers, crossSites } from "../../lib/bases/places.ts";
import {
  type HostWeights,
  readHostWeights,
  writeHostWeights,
} from "../loop/host_weights.ts";
import { initialWeights } from "../loop/initial_weights.ts";

/** Names and shapes of all weights that LocRef adds to a base model. */
export function adapterShapes(
  layers: AttentionLayers,
  shape: AppearanceNetShape,
): Map<string, readonly number[]> {
  return listAllWeights(locrefPrograms(shape, layers));
}

/**
 * The adapter at the start of training: keys and values of both branches are those of the text
 * (design, Layout-net), Appearance-Net is fresh.
 *
 * @param weights those of the denoiser.
 */
export async function initialAdapter(
  { layers, weights: base }: {
    readonly layers: AttentionLayers;
    readonly weights: WeightSource;
  },
  shape: AppearanceNetShape,
  seed: number,
): Promise<HostWeights> {
  const shapes = adapterShapes(layers, shape);
  const fresh = [...shapes].filter(([name]) => !name.startsWith("layout_net."));
  const weights = new Map(initialWeights(new Map(fresh), { seed }));
  // the layers are the same at every size
  const sites = crossSites(layers.places({ height: 8, width: 8 }));
  for (const { layer, path } of sites) {
    const index = layoutNetIndex(layer);
    for (const kind of ["to_k", "to_v"]) {
      const shape = shapes.get(`layout_net.${index}.${kind}_ci.weight`)!;
      const name = `${path}.${kind}.weight`;
      const text = await readHostWeights(
        base,
        new Map([[name, shape]]),
      );
      for (const branch of ["ci", "ri"]) {
        weights.set(
          `layout_net.${index}.${kind}_${branch}.weight`,
          text.get(name)!,
        );
      }
    }
  }
  return weights;
}

/** How references and composite image are fitted to the image encoder's square. */
export type EncoderFits = Pick<LocRefFile, "fit" | "compositeFit">;

/** The fits of an adapter that is trained from nothing: its composite image lies as the base's cells. */
export function freshFits(
  { coordinateFit }: Pick<Base, "coordinateFit">,
): EncoderFits {
  return { fit: "stretch", compositeFit: coordinateFit ?? "stretch" };
}

/** Metadata in an adapter file's header, beside the format. */
export interface AdapterMetadata {
  /** The base model. */
  readonly base: string;
  /** The image encoder. */
  readonly encoder: string;
}

/** Writes a LocRef adapter file, fp16. */
export async function writeAdapter(
  path: string,
  weights: HostWeights,
  about: AdapterMetadata & EncoderFits & {
    readonly shape: AppearanceNetShape;
  },
): Promise<void> {
  const { base, encoder, shape, fit, compositeFit } = about;
  await writeHostWeights(path, weights, {
    dtype: "F16",
    metadata: {
      format: "locref",
      version: "1",
      base: portableName(base),
      encoder: portableName(encoder),
      encoder_input: shape.input,
      tokens: String(shape.tokens),
      fit,
      ...(compositeFit !== "stretch" && { composite_fit: compositeFit }),
      tau: "1",
      lambda_ci: "1",
      lambda_ri: "1",
    },
  });
}
