import { UsageError } from "../lib/core/command/usage.ts";
import { quote } from "../lib/core/quote.ts";
import type { Values } from "../lib/core/command/option.ts";
import type { PictureOptions } from "../lib/pipeline/options/picture_options.ts";
import type { Scene } from "../lib/scene/scene.ts";
import type { editFlags } from "./edit_flags.ts";
import type { FoundScene } from "./read_scene.ts";

/** A scene that begins on a photograph or a saved picture, where flags say so. */
export interface PaintedScene {
  readonly scene: Scene;
  /** Options that the picture was made with. */
  readonly options: PictureOptions;
  /** Seed of the first picture, where the scene paints on a saved one. */
  readonly seed?: number;
}

/**
 * The scene with what `--on`, `--again` and `--without` say of it.
 *
 * @throws {UsageError} if the scene is no saved picture that could be painted on.
 */
export async function paintedScene(
  { scene, options, saved }: FoundScene,
  values: Values<typeof editFlags> & { readonly scene: string },
): Promise<PaintedScene> {
  const { on, harmonize, feather, padding, again, without } = values;
  if (on !== undefined) {
    return { scene: scene.on(on, { harmonize, feather, padding }), options };
  }
  const which = again ?? without ?? [];
  if (which.length === 0) return { scene, options };
  if (saved === undefined) {
    throw new UsageError(
      `Option --${
        again?.length ? "again" : "without"
      } paints on a PNG file that generate wrote, got ${quote(values.scene)}`,
    );
  }
  const { strength, margin, reference, box, caption } = values;
  const run = { strength, feather, margin };
  const painted = again?.length
    ? await saved.again(again.map(instance), {
      ...{ ...run, reference, box, caption },
    })
    : await saved.without(which.map(instance), run);
  return { ...painted, seed: painted.options.seed };
}

/** An instance by its number, or by its name. */
function instance(given: string): number | string {
  return /^\d+$/.test(given) ? Number(given) : given;
}
