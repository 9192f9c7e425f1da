import { sourceName } from "../images/read_source.ts";
import type { InstanceData } from "./scene_data.ts";

/** How messages call an instance: its number, from 1, and its reference. */
export function instanceName(
  instance: Pick<InstanceData, "reference">,
  index: number,
): string {
  return `Instance ${index + 1} ("${sourceName(instance.reference)}")`;
}
