import type { Adapter } from "../adapters/adapter.ts";
import type { TraceEntry } from "../adapters/trace_entry.ts";
import { type AttentionSite, crossSites } from "../bases/places.ts";
import { filesOf } from "../bases/part_files.ts";
import { checkFinite } from "../core/finite.ts";
import type { Size } from "../core/geometry.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { DenoiseStep } from "./denoise/denoise.ts";
import type { ModelParts } from "./load/model_parts.ts";

/** The part of a step that a trace reads. */
export interface TraceStepOptions {
  readonly parts: ModelParts;
  /** Height and width of the latents. */
  readonly latent: Size;
  /** Adapters that acted in the step. */
  readonly active: readonly Adapter[];
  readonly instances: SceneData["instances"];
}

/**
 * Where the result of every cross-attention layer came from in a step.
 *
 * @throws {LocRefError} `not-finite` if a share is.
 */
export function traceEntries(
  step: DenoiseStep,
  { parts: { base }, latent, active, instances }: TraceStepOptions,
): readonly TraceEntry[] {
  const sites = crossSites(base.places(latent));
  const explains = active.find(({ explain }) => explain !== undefined);
  const entries = explains?.explain?.(step, sites, instances) ??
    plainTrace(step.step, sites);
  const files = filesOf(base, "unet");
  for (const { path, text: data } of entries) {
    checkFinite({ data }, { stage: `trace of ${path}`, files });
  }
  return entries;
}

/** Without an adapter everything comes from the text. */
function plainTrace(
  step: number,
  sites: readonly AttentionSite[],
): TraceEntry[] {
  return sites.map(({ layer, path, size }) => {
    const text = new Float32Array(size.height * size.width).fill(1);
    const composite = text.map(() => 0);
    return { step, layer, path, size, text, composite, instances: [] };
  });
}
