/** Weights of a program as its graph refers to them. */

import type { Program, WeightInfo, WeightSource } from "../../executor.ts";
import { bytesOf } from "../../list_weights.ts";
import { Params } from "../../params.ts";
import { GraphBuilder, type OnnxValue } from "../graph.ts";
import { onnxTypes } from "../proto.ts";
import { bytesOfAll } from "./held_weights.ts";
import { infoOfRows, nameOfRows } from "./weight_rows.ts";

/** Element types that graphs read from weight files as they are. */
const readable = new Set(["F32", "F16", "BF16"]);

/** A graph that is begun, and the weights that its program takes while it is written. */
interface ReferredWeights {
  readonly builder: GraphBuilder;
  readonly params: Params<OnnxValue>;
  /** Weight files, by the name that the graph uses for each. */
  readonly files: ReadonlyMap<string, string>;
  /** Names of the weights that the graph cannot read from a file. */
  readonly embedded: readonly string[];
  /** Whether weights in another precision than the graph's stay so in memory. */
  readonly isHeld: () => boolean;
}

/**
 * Begins a graph whose weights stay in their files, each referred to once, rows of them likewise.
 *
 * @param form `embed`: no weight is read from a file; `half`: the graph computes in half precision;
 * `heldFrom`: bytes in float32 above which weights stay as they are stored.
 */
export function referWeights(
  program: Program,
  weights: WeightSource,
  { embed = false, half, heldFrom }: {
    embed?: boolean;
    half: boolean;
    heldFrom: number;
  },
): ReferredWeights {
  const files = new Map<string, string>();
  const embedded: string[] = [];
  const known = new Map<string, OnnxValue>();
  const isDirect = ({ file, dtype }: WeightInfo) =>
    !embed && file !== undefined && readable.has(dtype);
  const isNamedDirect = (name: string) => {
    const info = weights.info(name);
    return info !== undefined && isDirect(info);
  };
  let held: boolean | undefined;
  // lists all weights, for which the program runs once more: only where one may be held
  const isHeld = () =>
    held ??= bytesOfAll(weights) > heldFrom &&
      bytesOf(program, isNamedDirect) > heldFrom;
  const infos = new Map<string, WeightInfo>();
  const referred = (name: string, info: WeightInfo): OnnxValue => {
    infos.set(name, info);
    const value = known.get(name) ??
      { ...refer(builder, files, { name, info }), weight: name };
    known.set(name, value);
    return value;
  };
  const builder: GraphBuilder = new GraphBuilder({
    half,
    rowsOf({ weight }, rows) {
      const info = infos.get(weight ?? "");
      if (info === undefined) return undefined;
      return referred(nameOfRows(weight!, rows), infoOfRows(info, rows));
    },
    isWidened({ weight }) {
      const dtype = infos.get(weight ?? "")?.dtype;
      const wanted = half ? "F16" : "F32";
      return dtype !== undefined && dtype !== wanted && isHeld();
    },
  });
  const params = new Params<OnnxValue>((name, shape) => {
    const info = weights.info(name)!;
    if (isDirect(info)) return referred(name, info);
    if (!known.has(name)) embedded.push(name);
    known.set(name, { name, shape, weight: name });
    return known.get(name)!;
  });
  return { builder, params, files, embedded, isHeld };
}

/** A weight where it lies in its file, behind a cast where it is not of the graph's precision. */
function refer(
  builder: GraphBuilder,
  files: Map<string, string>,
  weight: { name: string; info: WeightInfo },
): OnnxValue {
  const { name, info: { file, dtype, shape, offset, length } } = weight;
  const link = [...files].find(([, path]) => path === file)?.[0] ??
    `weights_${files.size}.safetensors`;
  files.set(link, file!);
  const type = dtype as "F32" | "F16" | "BF16";
  const external = { file: link, offset, length };
  const wanted = builder.half ? "F16" : "F32";
  if (type === wanted) {
    builder.initializers.push({ name, type, shape, external });
    return { name, shape };
  }
  const stored = `${name}.${type}`;
  builder.initializers.push({ name: stored, type, shape, external });
  return castTo(builder, { name: stored, shape }, wanted);
}

/** A value in another precision. */
export function castTo(
  builder: GraphBuilder,
  value: OnnxValue,
  type: "F16" | "F32",
): OnnxValue {
  return builder.node("Cast", [value], value.shape, {
    attributes: { to: { int: onnxTypes[type] } },
  });
}
