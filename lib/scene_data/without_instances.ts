import type { SceneData } from "./scene_data.ts";

/**
 * A scene without some of its instances.
 *
 * Controls name the instance in whose region they act by its number: they follow it, and those of
 * an instance that is removed go with it.
 */
export function withoutInstances(
  scene: SceneData,
  removed: readonly number[],
): SceneData {
  const { controls, ...rest } = scene;
  const instances = scene.instances.filter((_, i) => !removed.includes(i));
  const kept = (controls ?? []).flatMap((control) => {
    const { instance } = control;
    if (instance === undefined) return [control];
    if (removed.includes(instance)) return [];
    const before = removed.filter((i) => i < instance).length;
    return [{ ...control, instance: instance - before }];
  });
  return { ...rest, instances, ...(kept.length > 0 && { controls: kept }) };
}
