import { type Tensor, tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import { groundedObjects } from "./grounding_net.ts";

/** Features of one kind: those of each object that has one. */
export interface GroundedKind {
  readonly width: number;
  readonly rows: readonly (Float32Array | undefined)[];
}

/** A scene's objects by the kind of their features: `boxes`, `phrases`, `pictures`. */
export type GroundedScene = Readonly<Record<string, GroundedKind>>;

/** The rows of a matrix `[objects, width]` as features of one kind. */
export function kindOf(x: Tensor, count: number): GroundedKind {
  const [, width] = x.shape as [number, number];
  const rows = Array.from(
    { length: count },
    (_, i) => Float32Array.from(x.data.subarray(i * width, (i + 1) * width)),
  );
  return { width, rows };
}

/** A scene of the same kinds without objects, as the unconditional branch has it. */
export function noObjects(scene: GroundedScene): GroundedScene {
  return Object.fromEntries(
    Object.entries(scene).map(([name, { width }]) => [
      name,
      { width, rows: [] },
    ]),
  );
}

/**
 * Inputs of the grounding net, a row for each scene. Places of objects that are empty, and features
 * that an object does not have, have masks of 0.
 */
export function groundingInputs(
  scenes: readonly GroundedScene[],
): Values<Tensor> {
  const inputs: Record<string, Tensor> = {};
  for (const [name, { width }] of Object.entries(scenes[0] ?? {})) {
    const count = scenes.length * groundedObjects;
    const features = new Float32Array(count * width);
    const mask = new Float32Array(count);
    scenes.forEach((scene, n) =>
      scene[name]!.rows.forEach((row, i) => {
        if (row === undefined) return;
        const at = n * groundedObjects + i;
        features.set(row, at * width);
        mask[at] = 1;
      })
    );
    const shape = [scenes.length, groundedObjects];
    inputs[name] = tensor([...shape, width], features);
    inputs[`${name}_mask`] = tensor([...shape, 1], mask);
    inputs[`${name}_absent`] = tensor(
      [...shape, 1],
      mask.map((one) => 1 - one),
    );
  }
  return inputs;
}
