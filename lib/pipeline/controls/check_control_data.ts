import { counted } from "../../core/counted.ts";
import { LocRefError } from "../../core/error.ts";
import type { ControlData } from "../../scene_data/control_data.ts";
import type { SceneData } from "../../scene_data/scene_data.ts";

/** A scene, as far as its controls need to know it. */
export interface ControlledScene {
  readonly scene: Pick<SceneData, "instances">;
  /** Whether a part of a picture is painted anew. */
  readonly masked: boolean;
}

/**
 * Makes sure of all about a control that needs neither its network nor the model: that its instance
 * and its mask exist.
 *
 * @param name the beginning of messages.
 * @throws {LocRefError} `scene-invalid`, naming the control.
 */
export function checkControlData(
  { instance, masked }: ControlData,
  name: string,
  { scene: { instances }, masked: painted }: ControlledScene,
): void {
  if (instance !== undefined && instance >= instances.length) {
    throw new LocRefError(
      "scene-invalid",
      `${name}: there is no instance ${instance}: the scene has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  }
  if (masked && !painted) {
    throw new LocRefError(
      "scene-invalid",
      `${name}: masked is true, but the scene paints no part of a picture anew: give a mask`,
    );
  }
}
