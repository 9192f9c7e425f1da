import type { Adapter } from "../../../lib/adapters/adapter.ts";
import type { SceneData } from "../../../lib/scene_data/scene_data.ts";
import type { EvaluationScene } from "../scene_source.ts";

/**
 * The scene as a runner reads it: systems that place what captions name find the instance's own, else
 * its words, else its class. LocRef gives captions a meaning of their own, so its scenes stay.
 */
export function phrasedScene(
  { cutOut, phrases, categories }: EvaluationScene,
  adapters: readonly Adapter[],
): SceneData {
  if (adapters.some(({ reads }) => reads.includes("captions"))) return cutOut;
  const instances = cutOut.instances.map((instance, i) => {
    const caption = instance.caption ?? phrases?.[i] ?? categories[i];
    return caption === undefined ? instance : { ...instance, caption };
  });
  return { ...cutOut, instances };
}
