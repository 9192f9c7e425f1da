import { counted } from "../core/counted.ts";
import { LocRefError } from "../core/error.ts";
import { instanceName } from "../scene_data/instance_name.ts";
import type { SceneData } from "../scene_data/scene_data.ts";

/**
 * The captions of all instances, for adapters that place what captions name.
 *
 * @param reader The adapter in messages.
 * @throws {LocRefError} `scene-invalid` if an instance has none, or there are more than `most`.
 */
export function instancePhrases(
  { instances }: SceneData,
  reader: string,
  most: number,
): string[] {
  checkCount(instances.length, reader, most);
  return instances.map((instance, i) => {
    if (instance.caption !== undefined) return instance.caption;
    throw new LocRefError(
      "scene-invalid",
      `${
        instanceName(instance, i)
      } has no caption, and ${reader} reads what to place from it: give { caption }`,
    );
  });
}

/**
 * Makes sure that a scene has no more instances than an adapter takes.
 *
 * @throws {LocRefError} `scene-invalid`.
 */
export function checkCount(count: number, reader: string, most: number): void {
  if (count <= most) return;
  throw new LocRefError(
    "scene-invalid",
    `The scene has ${
      counted(count, "instance")
    }, and ${reader} takes at most ${most}`,
  );
}
