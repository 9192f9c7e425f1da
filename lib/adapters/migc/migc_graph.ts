import type {
  AdapterGraph,
  CrossParts,
  Hooks,
  Signatures,
} from "../../bases/hooks.ts";
import {
  type AttentionSite,
  crossSites,
  type Places,
} from "../../bases/places.ts";
import type { Size } from "../../core/geometry.ts";
import { sizeKey } from "../../core/size_key.ts";
import type { Signature, Values, WeightSource } from "../../ops/executor.ts";
import type { Ops } from "../../ops/ops.ts";
import type { Params } from "../../ops/params.ts";
import { boxFourierWidth } from "../gligen/box_fourier.ts";
import { migcLayer, migcSlots, repeatRow } from "./migc_layer.ts";

/** Where MIGC acts in a denoiser's graph. */
export interface MigcForm {
  /** Width of text. */
  readonly textWidth: number;
  /** Whether it is MIGC++. */
  readonly plus: boolean;
  /** Layers of MIGC, as its file has them; those of none are left to the fuser, or plain. */
  readonly paths: readonly string[];
  /** Whether the captions are mixed by masks in all other layers (NaiveFuser). */
  readonly fuser: boolean;
}

/**
 * MIGC and MIGC++ in a denoiser's graph (Zhou et al. 2024), on the conditional branch alone.
 *
 * @param weights Its layers as `PATH.migc.…`.
 */
export function migcGraph(form: MigcForm, weights: WeightSource): AdapterGraph {
  const own = new Set(form.paths);
  const acts = (at: AttentionSite) => own.has(at.path) || form.fuser;
  const name = form.plus ? "migc_plus" : "migc";
  const state = own.size === 0 ? "_fuser" : form.fuser ? "_v2" : "";
  return {
    prefix: `${name}${state}`,
    acts: form.fuser ? ["around", "cross"] : ["around"],
    alone: ["around", "cross"],
    weights,
    layerInputs: (at) => acts(at) ? layerSignatures(at, own, form) : {},
    inputs: (places) => sharedSignatures(places, own, form),
    hooks: <T>(
      ops: Ops<T>,
      params: Params<T>,
      inputs: Values<T>,
    ): Hooks<T> => ({
      around: (at, h, parts) => {
        if (!acts(at)) return parts.result();
        return around(ops, params, { at, h, parts, inputs, own, form });
      },
    }),
  };
}

function layerSignatures(
  { layer, width, path }: AttentionSite,
  own: ReadonlySet<string>,
  { plus }: MigcForm,
): Signatures {
  return {
    [`k.${layer}`]: float("captions", "caption_tokens", width),
    [`v.${layer}`]: float("captions", "caption_tokens", width),
    ...(plus && own.has(path) ? { [`gate.${layer}`]: float(1, 1, 1) } : {}),
  };
}

/** Inputs of MIGC's layers that do not differ between them, and masks by size. */
function sharedSignatures(
  places: Places,
  own: ReadonlySet<string>,
  form: MigcForm,
): Signatures {
  const { textWidth, fuser, plus } = form;
  const sites = crossSites(places);
  const sizes = (
    some: readonly AttentionSite[],
  ) => [...new Map(some.map(({ size }) => [sizeKey(size), size])).values()];
  const inside = sites.filter(({ path }) => own.has(path));
  const mixing = fuser || plus ? sites : [];
  return Object.assign(
    {},
    ...sizes(inside).map(maskSignatures),
    ...sizes(mixing).map((size) => ({
      [`shader.${sizeKey(size)}`]: float(1, "captions", queriesOf(size)),
    })),
    {
      every_caption: float(1, "captions", 1),
      mixed: float("batch", 1, 1),
      plain: float("batch", 1, 1),
    },
    own.size === 0 ? {} : {
      boxes: float("captions", 1, boxFourierWidth),
      phrases: float("captions", 1, textWidth),
      every_phase: float(1, 1, "phases"),
      slots: float(1, migcSlots, "phases"),
      picks: float(1, "phases", migcSlots),
      closed: float(1, "phases", 1),
    },
  );
}

function maskSignatures(size: Size): Signatures {
  const key = sizeKey(size), queries = queriesOf(size);
  return {
    [`result_mask.${key}`]: float("captions", queries, 1),
    [`enhanced_mask.${key}`]: float("captions", queries, 1),
    [`phase_mask.${key}`]: float("phases", queries, 1),
    [`apart.${key}`]: float(1, queries, queries),
  };
}

function queriesOf({ height, width }: Size): number {
  return height * width;
}

function float(...shape: (number | string)[]): Signature {
  return { kind: "float", shape };
}

interface AroundInputs<T> {
  readonly at: AttentionSite;
  readonly h: T;
  readonly parts: CrossParts<T>;
  readonly inputs: Values<T>;
  readonly own: ReadonlySet<string>;
  readonly form: MigcForm;
}

/** The plain result of the unconditional branch, and MIGC's of the conditional one. */
function around<T>(
  ops: Ops<T>,
  params: Params<T>,
  layer: AroundInputs<T>,
): T {
  const { at, parts, own, form, inputs } = layer;
  const conditional = (x: T) => conditionalRow(ops, x, layer);
  const q = conditional(parts.q());
  const shaded = () => parts.project(shade(ops, q, layer));
  const ofMigc = () =>
    ofLayer(ops, params, layer, { q, h: conditional(layer.h) });
  const mixed = !own.has(at.path)
    ? shaded()
    : form.plus
    ? ops.add(shaded(), ops.mul(ofMigc(), inputs[`gate.${at.layer}`]!))
    : ofMigc();
  return ops.add(
    ops.mul(parts.result(), inputs.plain!),
    ops.mul(mixed, inputs.mixed!),
  );
}

/** The conditional row of a batch, `[1, Q, width]`. */
function conditionalRow<T>(
  ops: Ops<T>,
  x: T,
  { at, inputs }: AroundInputs<T>,
): T {
  const chosen = ops.turnTokens(ops.stackRows(inputs.mixed!));
  return ops.unstackRows(
    ops.product(chosen, ops.stackRows(x)),
    queriesOf(at.size),
  );
}

/** All captions mixed by masks, before the output projection (NaiveFuser, RefinedShader). */
function shade<T>(
  ops: Ops<T>,
  q: T,
  { at, inputs }: AroundInputs<T>,
): T {
  const weights = inputs[`shader.${sizeKey(at.size)}`]!;
  const group = (x: T) => ops.groupTokens(x, weights);
  return ops.regionAttention(
    q,
    group(inputs[`k.${at.layer}`]!),
    group(inputs[`v.${at.layer}`]!),
    weights,
    { heads: at.heads },
  );
}

function ofLayer<T>(
  ops: Ops<T>,
  params: Params<T>,
  { at, parts, inputs, form }: AroundInputs<T>,
  { q, h }: { q: T; h: T },
): T {
  const queries = queriesOf(at.size);
  const results = () =>
    parts.project(ops.attention(
      repeatRow(ops, q, { captions: inputs.every_caption!, queries }),
      inputs[`k.${at.layer}`]!,
      inputs[`v.${at.layer}`]!,
      { heads: at.heads },
    ));
  return migcLayer(ops, params.at(at.path).at("migc"), {
    ...{ at, h, plus: form.plus, textWidth: form.textWidth },
    results: form.plus ? h : results(),
    inputs: layerInputs(inputs, at.size),
  }).mixed;
}

/** Inputs of one layer: masks without the size in their names. */
export function layerInputs<T>(inputs: Values<T>, size: Size): Values<T> {
  const end = `.${sizeKey(size)}`;
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name.endsWith(end) ? name.slice(0, -end.length) : name,
      value,
    ]),
  );
}
