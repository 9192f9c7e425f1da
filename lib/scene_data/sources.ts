import type { InstanceData, SceneData } from "./scene_data.ts";

/** Words of `cutout` that are no paths. */
const cutoutWords: readonly string[] = ["alpha", "model", "none"];

/** Whether a `cutout` is a path or URL of a mask. */
export function isMaskPath(cutout: string): boolean {
  return !cutoutWords.includes(cutout);
}

/** Whether a LoRA's name is one on the hub: `org/repo/path` or `org/repo@revision:path`. */
export function isHubFile(path: string): boolean {
  return /^(?!\.{1,2}\/)[\w.-]+\/[\w.-]+(\/|@[^:/]+:)./.test(path);
}

/** A scene with the path and URL of every picture changed. */
export function mapSources(
  scene: SceneData,
  change: (source: string) => string,
): SceneData {
  const instances = scene.instances.map((instance): InstanceData => {
    const { reference, others, negative, region, cutout, lora } = instance;
    return {
      ...instance,
      reference: change(reference),
      ...(others !== undefined && { others: others.map(change) }),
      ...(negative !== undefined && { negative: change(negative) }),
      ...(region !== undefined && { region: change(region) }),
      cutout: isMaskPath(cutout) ? change(cutout) : cutout,
      ...(lora !== undefined && !isHubFile(lora.path) &&
        { lora: { ...lora, path: change(lora.path) } }),
    };
  });
  const { init, controls, style } = scene;
  return {
    ...scene,
    ...(init && {
      init: {
        ...init,
        image: change(init.image),
        ...(init.mask !== undefined && { mask: change(init.mask) }),
      },
    }),
    ...(controls && {
      controls: controls.map((one) => ({ ...one, image: change(one.image) })),
    }),
    ...(style?.image !== undefined && {
      style: { ...style, image: change(style.image) },
    }),
    instances,
  };
}
