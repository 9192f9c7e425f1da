import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { classIndex } from "../../lib/scoring/class_index.ts";
import type { Interval } from "../run/bootstrap.ts";
import { estimate } from "../run/estimate.ts";
import { precisions } from "../run/precision.ts";
import type { Measurement } from "../run/record.ts";

/** One row of the ablation: means over the noise seeds. */
export interface AblationRow {
  readonly name: string;
  /** COCO's AP over IoU 0.5 to 0.95, classes being the objects' subgroups. */
  readonly map: number;
  readonly map50: number;
  /** AP over IoU 0.5 to 0.95 with all classes taken as one. */
  readonly mapAgnostic: number;
  /** AP at IoU 0.5 with all classes taken as one. */
  readonly map50Agnostic: number;
  /** Likeness of boxes to their references cut out. */
  readonly clip_i: number;
  /** 95 % bootstrap intervals: scenes are drawn anew, each with all its seeds. */
  readonly ci95: { readonly map50: Interval; readonly clip_i: Interval };
}

/** How often scenes are drawn anew for the interval of an average precision. */
const rounds = 100;

/**
 * Scores of a row from those of its pictures: one list a noise seed, each over the same scenes.
 *
 * @throws {LocRefError} `config-invalid` if the detector does not know a class of the scenes.
 */
export function ablationRow(
  name: string,
  seeds: readonly (readonly Measurement[])[],
  classes: readonly string[],
): AblationRow {
  for (const { category } of seeds[0]!.flatMap((one) => one.instances)) {
    if (classIndex(classes, category) !== undefined) continue;
    throw new LocRefError(
      "config-invalid",
      `The detector does not know the class ${quote(category)}`,
    );
  }
  const [map, map50] = precisions(seeds, { classes, rounds });
  const [mapAgnostic, map50Agnostic] = precisions(seeds, { rounds });
  const clipI = estimate(
    seeds,
    ({ instances }) => instances.map((one) => one.clipICutOut!),
  );
  return {
    name,
    ...{ map: map.value, map50: map50.value },
    mapAgnostic: mapAgnostic.value,
    map50Agnostic: map50Agnostic.value,
    clip_i: clipI.value,
    ci95: { map50: map50.ci95, clip_i: clipI.ci95 },
  };
}
