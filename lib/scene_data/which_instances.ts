import { checkValue } from "../core/check_options.ts";
import { counted } from "../core/counted.ts";
import { either, type Kind, whole } from "../core/kinds.ts";
import { quote, shorten } from "../core/quote.ts";
import { categoryOf } from "./labels.ts";
import type { SceneData } from "./scene_data.ts";

/** The instances of a picture: by number from 0, or by name. */
export type Which = number | string | readonly (number | string)[];

const which: Kind = either(
  whole({ min: 0 }),
  { must: "an instance's name", is: (value) => typeof value === "string" },
  { must: "a list of them", is: Array.isArray },
);

/**
 * Indices of instances that are named by number, caption, or the reference's file.
 *
 * @throws {TypeError | RangeError} if a name is none, or fits no instance or several.
 */
export function indicesOf(scene: SceneData, instances: Which): number[] {
  checkValue(instances, which, { name: "Instance of again" });
  const list = typeof instances === "object" ? instances : [instances];
  const indices = list.map((one) => indexOf(scene, one));
  if (indices.length > 0) return [...new Set(indices)];
  throw new RangeError("Instances of again are none: name one at least");
}

function indexOf({ instances }: SceneData, one: number | string): number {
  if (typeof one === "number") {
    if (instances[one] !== undefined) return one;
    throw new RangeError(
      `There is no instance ${quote(one)}: the picture has ${
        counted(instances.length, "instance")
      }, counted from 0`,
    );
  }
  const found = [...instances.keys()].filter((i) =>
    [instances[i]!.caption, categoryOf(instances[i]!)].includes(one)
  );
  if (found.length === 1) return found[0]!;
  const names = instances.map((instance) => quote(categoryOf(instance)));
  throw new RangeError(
    found.length === 0
      ? `There is no instance ${quote(one)}: the picture has ${
        shorten(names.join(", "), 200)
      }`
      : `${found.length} instances are a ${
        quote(one)
      }: name one by its number, ${found.join(" or ")}`,
  );
}
