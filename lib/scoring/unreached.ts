import { counted } from "../core/counted.ts";
import type { InstanceScore } from "../pipeline/options/rulers.ts";
import { shorten } from "../core/quote.ts";
import type { SceneData } from "../scene_data/scene_data.ts";
import type { LeastScores } from "../pipeline/options/choice_options.ts";
import { instanceName } from "../scene_data/instance_name.ts";

/** Whether an instance scores at least what `until` requests. */
export function reaches(
  one: InstanceScore,
  { iou, clip }: LeastScores,
): boolean {
  return (iou === undefined || one.iou! >= iou) &&
    (clip === undefined || one.clipI! >= clip);
}

/**
 * A warning that the best picture is not as good as `until` requests, with the instances and their
 * scores.
 *
 * @param pictures How many pictures were made.
 */
export function unreachedWarnings(
  { instances }: SceneData,
  scores: readonly InstanceScore[],
  { until, pictures }: { until: LeastScores; pictures: number },
): string[] {
  const failed = scores.flatMap((one, i) => {
    if (reaches(one, until)) return [];
    const short = [
      ["IoU", one.iou, until.iou],
      ["CLIP-I", one.clipI, until.clip],
    ] as const;
    const named = short.flatMap(([name, value, least]) =>
      least === undefined || value! >= least
        ? []
        : [`${name} ${value!.toFixed(2)} of ${least}`]
    );
    return [`${instanceName(instances[i]!, i)} has ${named.join(" and ")}`];
  });
  if (failed.length === 0) return [];
  const made = counted(pictures, "picture");
  return [
    `Scores of until were not reached in ${made}: ${
      shorten(failed.join(", "), 400)
    }`,
  ];
}
