import type { Comparison } from "./compare.ts";
import { fewStepComparisons } from "./comparisons/few_steps.ts";
import { largeComparisons } from "./comparisons/large.ts";
import { pocketComparisons } from "./comparisons/pocket.ts";
import { sdxlComparisons } from "./comparisons/sdxl.ts";
import { trainingComparisons } from "./comparisons/training.ts";
import { unetComparisons } from "./comparisons/unet.ts";
import type { Contender } from "./contender.ts";
import { type BenchOptions, contenders } from "./contenders.ts";

/** All comparisons by the order of the table. */
export function comparisons(options: BenchOptions): Comparison[] {
  const make = contenders(options);
  const all = [
    ...unetComparisons(make),
    ...largeComparisons(make),
    ...pocketComparisons(make),
    ...fewStepComparisons(make),
    ...sdxlComparisons(make, options.tiny ?? false),
    ...trainingComparisons(make),
  ];
  if (options.peers) return all;
  const own = (list: readonly Contender[]) => list.filter(({ peer }) => !peer);
  return all.map((one) => ({
    ...one,
    contenders: own(one.contenders),
    further: own(one.further ?? []),
  }));
}
