import { attentionSizes } from "../../bases/places.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { Tensor } from "../../core/tensor.ts";
import { instanceCoverage } from "../../masks/instance_coverage.ts";
import type { Values } from "../../ops/executor.ts";
import type { AdapterRun, AdapterScene } from "../adapter.ts";
import type { FusionSettings } from "./fusion_settings.ts";
import { maskInputs } from "./mask_inputs.ts";
import { pictureGroups } from "./picture_groups.ts";

/** Mask inputs by step; they change only when a reference begins or ends to act. */
export function maskSource(
  scene: AdapterScene,
  run: Pick<AdapterRun, "base" | "latent"> & { settings: FusionSettings },
): (i: number, steps: number) => Values<Tensor> {
  const { data, pictures, captioned } = scene;
  const { instances } = data;
  const sizes = attentionSizes(run.base.places(run.latent));
  const coverages = new Map(sizes.map((size) => [
    sizeKey(size),
    instances.map((_, i) => instanceCoverage(data, pictures, i, size)),
  ]));
  const groups = pictureGroups(instances);
  const depths = instances.map(({ z }) => z);
  const known = new Map<string, Values<Tensor>>();
  return (i, steps) => {
    const at = i / steps;
    const scales = instances.map(({ scale, start, end }) =>
      at >= start && at < end ? scale : 0
    );
    const key = scales.join();
    if (!known.has(key)) {
      const masked = { coverages, scales, depths, captioned, groups };
      known.set(key, maskInputs(sizes, masked, run.settings));
    }
    return known.get(key)!;
  };
}
