import type { AdapterGraph } from "../../bases/hooks.ts";
import type { Signature } from "../../ops/executor.ts";

/** The prefix names the graph, which has an input for each feature. */
const prefixOf = (features: number) => `t2i_${features}`;

/**
 * Adds the features of T2I-Adapters to the levels of the denoiser on the way down. One graph serves
 * any number of them: their features are summed before.
 *
 * @param features how many features there are; one more than levels acts on the middle block (SDXL).
 */
export function t2iGraph(features: number): AdapterGraph {
  return {
    prefix: prefixOf(features),
    acts: ["level", "residual"],
    inputs({ levels, skips }) {
      const middle = { ...skips.at(-1)!, level: "mid" as const };
      const sites = [...levels, middle].slice(0, features);
      return Object.fromEntries(
        sites.map(({ level, channels, size }): [string, Signature] => {
          const shape = ["batch", channels, size.height, size.width];
          return [`${level}`, { kind: "image", shape }];
        }),
      );
    },
    hooks: (ops, _, inputs) => ({
      level: ({ level }, x) => ops.add(x, inputs[`${level}`]!),
      residual: ({ index }, x) =>
        index === "mid" && inputs.mid !== undefined
          ? ops.add(x, inputs.mid)
          : x,
    }),
  };
}

/**
 * Features under their names as inputs of the denoiser, by level; the last is the middle's where
 * there is one more than levels.
 */
export function namedFeatures<V>(
  features: readonly V[],
  levels: number,
): Record<string, V> {
  return Object.fromEntries(
    features.map((one, i) => [
      `${prefixOf(features.length)}.${i < levels ? i : "mid"}`,
      one,
    ]),
  );
}
