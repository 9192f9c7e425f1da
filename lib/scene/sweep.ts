import { counted } from "../core/counted.ts";
import { checkOptions, checkValue } from "../core/check_options.ts";
import { list, seed } from "../core/kinds.ts";
import type { Box } from "../scene_data/box.ts";
import type { Reference } from "../scene_data/reference.ts";
import { Scene } from "./scene.ts";
import { generateRules } from "../model/check_generate_options.ts";
import type { GenerateOptions } from "../model/generate_options.ts";
import type { Picture } from "../pipeline/picture.ts";

/** Options of {@linkcode sweep}. */
export interface SweepOptions extends Omit<GenerateOptions, "seed" | "n"> {
  /** Number of candidates for each picture; only with `keep`. @default {1} */
  n?: number;
  /** Seeds of the noise. @default {[0]} */
  seeds?: readonly number[];
  /** Choices of references, one for each instance in each choice. @default {the scene's own} */
  references?: readonly (readonly Reference[])[];
  /** Arrangements, one box for each instance in each. @default {the scene's own} */
  boxes?: readonly (readonly Box[])[];
}

/** One picture of a sweep, with the numbers of its choices. */
export interface SweepPicture {
  /** The picture. */
  readonly picture: Picture;
  /** The scene with these references in these places. */
  readonly scene: Scene;
  /** Index into `references`. */
  readonly references: number;
  /** Index into `boxes`. */
  readonly boxes: number;
  /** Seed of the noise. */
  readonly seed: number;
}

/**
 * Makes a picture of every combination of references, arrangements and seeds, seeds varying
 * fastest.
 *
 * @example
 * ```ts
 * import { box, scene, sweep } from "@locref/locref";
 *
 * const one = scene().caption("a star on a blue ground")
 *   .place("examples/assets/star.png", box.percent(10, 10, 60, 60));
 * for await (const { picture, seed } of sweep(one, { seeds: [1, 2], steps: 2 })) {
 *   console.log(seed, picture.width);
 * }
 * ```
 *
 * @throws {RangeError} before the first picture, if there is nothing to choose from, or a choice is
 *   not one for each instance.
 */
export async function* sweep(
  scene: Scene,
  options: SweepOptions = {},
): AsyncGenerator<SweepPicture> {
  checkSweep(scene, options);
  checkOne(options);
  const { seeds = [0], references = [[]], boxes = [[]], ...rest } = options;
  const count = scene.instances.length;
  for (const [name, values] of Object.entries({ seeds, references, boxes })) {
    if (values.length > 0) continue;
    throw new RangeError(`Option ${name} is empty: a sweep needs one at least`);
  }
  if (options.references) checkChoices("references", references, count);
  if (options.boxes) checkChoices("boxes", boxes, count);
  for (const [r, chosen] of references.entries()) {
    for (const [b, arrangement] of boxes.entries()) {
      let varied = scene;
      for (let i = 0; i < count; i++) {
        varied = varied.change(i, {
          reference: chosen[i],
          box: arrangement[i],
        });
      }
      for (const seed of seeds) {
        const picture = await varied.generate({ ...rest, seed });
        yield { picture, scene: varied, references: r, boxes: b, seed };
      }
    }
  }
}

function checkSweep(scene: Scene, options: SweepOptions): void {
  checkValue(scene, {
    must: "a scene",
    is: (value) => value instanceof Scene,
  }, { name: "What sweep varies" });
  const { seed: _, ...shared } = generateRules.fields;

  checkOptions<SweepOptions>(options, {
    ...generateRules,
    of: "sweep",
    fields: {
      ...shared,
      seeds: list("a list of seeds, such as [0, 1, 2]", seed),
      references: list("a list of lists of references", list("")),
      boxes: list("a list of lists of boxes", list("")),
    },
    elsewhere: { ...generateRules.elsewhere, seed: "seeds" },
    instead: {},
  });
}

function checkOne({ n, keep }: SweepOptions): void {
  if (n === undefined || keep !== undefined) return;
  throw new TypeError(
    `Option n of sweep is ${n}: it counts candidates for each picture, so it needs { keep: "best" }; for more pictures give more seeds`,
  );
}

function checkChoices(
  name: string,
  choices: readonly (readonly unknown[])[],
  count: number,
): void {
  const wrong = choices.findIndex((choice) => choice.length !== count);
  if (wrong < 0) return;
  throw new RangeError(
    `Option ${name}: entry ${wrong} has ${
      choices[wrong]!.length
    } for a scene of ${counted(count, "instance")}`,
  );
}
