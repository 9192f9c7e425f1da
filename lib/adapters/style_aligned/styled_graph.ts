import type { AdapterGraph, Hooks, SelfParts } from "../../bases/hooks.ts";
import type { AttentionSite, Places } from "../../bases/places.ts";
import type { Values } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import { withStatistics } from "./adain.ts";
import {
  groupStatistics,
  jointStatistics,
  normalise,
  normNames,
} from "./group_statistics.ts";
import type { AdainParts } from "./style_options.ts";
import { styleSignatures } from "./style_source_graph.ts";

/** Form of {@linkcode styledGraph}. */
export interface StyledForm {
  /** Which of queries, keys and values take the style's statistics. */
  readonly adain: Required<AdainParts>;
  /** Added to the scores of the style's keys. */
  readonly shift: number;
  /** Self-attention layers that are left plain. */
  readonly skip: readonly number[];
  /** Whether group norms take their statistics of picture and style together. */
  readonly groupNorm: boolean;
}

/**
 * StyleAligned in the graph of one picture (Hertz et al. 2024): it attends to the style's keys and
 * values beside its own, with the style's statistics. The style runs apart, since nothing acts on it,
 * so that all other adapters go together with this one.
 */
export function styledGraph(form: StyledForm): AdapterGraph {
  return {
    prefix: prefixOf(form),
    acts: form.groupNorm ? ["self", "groupNorm"] : ["self"],
    inputs: (places) => inputsOf(places, form),
    hooks: (ops, _, inputs, { norms }) => ({
      self: (at, parts) =>
        // a layer whose result is set attends to nothing
        parts.mixed !== undefined || form.skip.includes(at.layer)
          ? parts
          : styled(ops, at, parts, { form, inputs }),
      ...(form.groupNorm
        ? { groupNorm: sharedNorm(ops, inputs, norms!.first) }
        : {}),
    }),
  };
}

/** Names differ with the form, since programs are found by name. */
function prefixOf({ adain, shift, skip, groupNorm }: StyledForm): string {
  const taken = (["q", "k", "v"] as const).filter((part) => adain[part]);
  return [
    `style_aligned_${taken.join("")}`,
    ...(groupNorm ? ["norms"] : []),
    ...(shift === 0 ? [] : [`shift${shift}`]),
    ...(skip.length === 0 ? [] : [`without${skip.join("-")}`]),
  ].join("_").replaceAll(".", "p");
}

/** The style's values that the form reads. */
function inputsOf(places: Places, form: StyledForm) {
  const all = Object.entries(styleSignatures(places, form.groupNorm));
  return Object.fromEntries(all.filter(([name]) => {
    const [part, layer] = name.split(".") as [string, string];
    if (part.startsWith("norm_")) return true;
    if (form.skip.includes(Number(layer))) return false;
    return part.length === 1 || form.adain[part[0] as "q" | "k" | "v"];
  }));
}

function styled<T>(
  ops: Ops<T>,
  { size, layer }: AttentionSite,
  { q, k, v }: SelfParts<T>,
  { form, inputs }: { form: StyledForm; inputs: Values<T> },
): SelfParts<T> {
  const tokens = size.height * size.width;
  const ofStyle = (name: string) => inputs[`${name}.${layer}`]!;
  const taken = (name: "q" | "k" | "v", x: T) =>
    !form.adain[name] ? x : withStatistics(ops, x, {
      mean: ofStyle(`${name}_mean`),
      deviation: ofStyle(`${name}_deviation`),
      tokens,
    });
  const times = repeats(form.shift);
  const beside = (own: T, other: T) =>
    ops.concatTokens([own, ...Array<T>(times ?? 1).fill(other)]);
  return {
    q: taken("q", q),
    k: beside(taken("k", k), ofStyle("k")),
    v: beside(taken("v", v), ofStyle("v")),
    bias: times === undefined ? shiftOf(ops, tokens, form.shift) : undefined,
  };
}

/** Group normalisation with the statistics of picture and style together. */
function sharedNorm<T>(
  ops: Ops<T>,
  inputs: Values<T>,
  first: number,
): NonNullable<Hooks<T>["groupNorm"]> {
  let place = first;
  return (x, weight, bias, shape) => {
    const names = normNames(place++);
    const style = {
      mean: inputs[names.mean]!,
      variance: inputs[names.variance]!,
    };
    const own = groupStatistics(ops, x, shape);
    const both = jointStatistics(ops, own, style);
    return normalise(ops, x, { ...both, ...shape, weight, bias });
  };
}

/** A shift of log n is n times the same keys, which takes far less memory than a matrix of scores. */
function repeats(shift: number): number | undefined {
  const times = Math.round(Math.exp(shift));
  const near = Math.abs(Math.log(times) - shift) < 1e-6;
  return near && times >= 1 && times <= 4 ? times : undefined;
}

/** The shift of the style's keys, behind the picture's own. */
export function shiftOf<T>(ops: Ops<T>, tokens: number, shift: number): T {
  const bias = new Float32Array(tokens * 2 * tokens);
  for (let q = 0; q < tokens; q++) {
    bias.fill(shift, (2 * q + 1) * tokens, (2 * q + 2) * tokens);
  }
  return ops.constant([1, tokens, 2 * tokens], bias);
}
