import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import type { TraceEntry } from "../adapters/trace_entry.ts";
import type { Tensor } from "../core/tensor.ts";
import { AttentionTrace } from "./attention_trace.ts";
import { decodeLatents } from "./decode_latents.ts";
import type { LoadedModel } from "./load/loaded_model.ts";
import type { DecodeOptions } from "./options/decode_options.ts";
import type { PictureOptions } from "./options/picture_options.ts";
import { Picture } from "./picture.ts";
import type { PlannedPicture } from "./plan_picture.ts";
import { makeProvenance } from "./provenance/make_provenance.ts";
import { backendWarning, modelWarning } from "./provenance/model_warning.ts";
import { hashSources, type Provenance } from "./provenance/provenance.ts";
import { type MakePicture, remaker, type SceneOnModel } from "./remake.ts";

/** Everything that pictures of a run are finished with. */
export interface FinishPictureOptions {
  readonly on: Required<SceneOnModel>;
  /** Options as the user gave them, for pictures that are made again. */
  readonly asked: PictureOptions;
  readonly planned: PlannedPicture;
  /** Makes pictures of other scenes on the same model. */
  readonly run: MakePicture;
  /** Entries of the steps so far. */
  readonly trace: readonly TraceEntry[];
}

/** Decodes latents and signs the picture. */
export type FinishPicture = (
  latents: Tensor,
  decoder?: DecodeOptions["decoder"],
) => Promise<Picture>;

/** Pictures of a run, from latents of any of its steps. */
export async function pictureFinisher(
  options: FinishPictureOptions,
): Promise<FinishPicture> {
  const { on: { model, origin }, asked, planned, run, trace } = options;
  const { settings: { size, tiles, decoder }, latent, part, seen } = planned;
  const { folder } = planned.options;
  const sign = await signer(options);
  return async (latents, by = decoder) => {
    const decode = { tiles, decoder: by };
    const painted = await decodeLatents(model, latents, latent, decode);
    const raster = await part?.finish(painted) ?? painted;
    const made = await sign();
    const doubts = [
      modelWarning(origin.model, made.model),
      backendWarning(origin.backend, made.backend),
    ].filter((doubt) => doubt !== undefined);
    return new Picture(raster, made, [...planned.warnings, ...doubts], {
      trace: planned.options.trace
        ? new AttentionTrace(seen, [...trace], painted)
        : undefined,
      place: { home: origin.home, folder, localModel: isLocal(model) },
      remake: remaker(run, { on: { model, origin }, asked, size, raster }),
    });
  };
}

/** The provenance of a run's pictures, computed when the first is finished. */
async function signer(
  { on: { scene, model, origin }, planned }: FinishPictureOptions,
): Promise<() => Promise<Provenance>> {
  const { settings, units, loras, options: { folder, limits } } = planned;
  const reading = { folder, limits, access: origin.access };
  const files = new Map([...loras].map(([i, { path }]) => [i, path]));
  const hashes = await hashSources(scene, reading, files);
  const { painted } = origin;
  // Hashing gigabytes of weights can wait until there is a picture to sign.
  let made: Promise<Provenance> | undefined;
  return () =>
    made ??= makeProvenance(scene, {
      ...{ settings, hashes, model, units, painted },
    });
}

/** Whether a model's name is a path of this machine. */
function isLocal({ name }: LoadedModel): boolean {
  return name !== "pocket" && (isAbsolute(name) || existsSync(name));
}
