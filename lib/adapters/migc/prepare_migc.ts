import type { AdapterGraph, Signatures } from "../../bases/hooks.ts";
import { attentionSizes, crossSites, type Places } from "../../bases/places.ts";
import { computeKeyValues } from "../../bases/key_values.ts";
import { filesOf } from "../../bases/part_files.ts";
import { whole } from "../../bases/whole_inputs.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { resizeBilinear } from "../../masks/resize_bilinear.ts";
import type { Values, WeightSource } from "../../ops/executor.ts";
import type { AdapterRun, AdapterScene, PreparedAdapter } from "../adapter.ts";
import { instancePhrases } from "../instance_phrases.ts";
import { migcGraph } from "./migc_graph.ts";
import { migcBranches, migcInputs, type MigcInstance } from "./migc_inputs.ts";
import type { MigcOptions } from "./migc_options.ts";
import { migcSlots } from "./migc_layer.ts";
import { paintBox, type PixelMask } from "./migc_masks.ts";

/** Part of the steps in which MIGC's own layers act: 25 of 50, the last of them included. */
const ownPart = 0.5;

/** The layers that act in a step. */
type Acting = "own" | "both" | "fuser";

/** An open file of MIGC. */
export interface OpenMigc {
  readonly plus: boolean;
  readonly paths: readonly string[];
  readonly weights: WeightSource;
}

/** Captions, boxes and masks of a scene as MIGC's layers read them. */
export async function prepareMigc(
  scene: AdapterScene,
  run: AdapterRun,
  { plus, paths, weights }: OpenMigc,
): Promise<PreparedAdapter> {
  const { data } = scene;
  if (data.instances.length === 0) return { inputsAt: () => undefined };
  const phrases = instancePhrases(
    data,
    plus ? "MIGC++" : "MIGC",
    migcSlots - 2,
  );
  const settings = run.settings as MigcOptions;
  const places = run.base.places(run.latent);
  const { pooled, keyValues } = await captions([data.caption, ...phrases], run);
  const { caption, enhancement = 1, score } = settings;
  const instances = data.instances.map((_, i): MigcInstance => ({
    box: data.instances[i]!.box,
    mask: maskOf(scene, i, run),
    phrase: row(pooled, i + 1),
    ...{ caption, score },
    // the strength of a reference is that of its enhancement here
    enhancement: enhancement * data.instances[i]!.scale,
  }));
  const all: Values<Tensor> = {
    ...await layerGates(weights, places),
    ...whole({
      ...migcInputs(instances, {
        picture: run.size,
        latent: run.latent,
        layers: attentionSizes(places),
      }, plus),
      ...keyValues,
    }),
    ...migcBranches(run.guided),
  };
  const form = { textWidth: run.base.textWidth, plus, paths, weights };
  const inputsOf = (acting: Acting) => {
    const declared = inputNames(actingGraph(acting, form), places);
    return Object.fromEntries(
      Object.entries(all).filter(([name]) => declared.has(name)),
    );
  };
  const known = new Map<Acting, Values<Tensor>>();
  return {
    graphAt: ({ step, total }) =>
      actingGraph(actingAt(step, total, { settings, plus }) ?? "own", form),
    inputsAt: ({ step, total }) => {
      const acting = actingAt(step, total, { settings, plus });
      if (acting === undefined) return undefined;
      const inputs = known.get(acting) ?? inputsOf(acting);
      known.set(acting, inputs);
      return inputs;
    },
  };
}

/** Whether MIGC's own layers act in a step, and whether the others mix captions. */
function actingAt(
  step: number,
  total: number,
  { settings, plus }: { settings: MigcOptions; plus: boolean },
): Acting | undefined {
  const { steps = ownPart * total } = settings;
  const { fuserSteps = plus ? total : -1 } = settings;
  const [own, fuser] = [step <= steps, step <= fuserSteps];
  return own ? (fuser ? "both" : "own") : fuser ? "fuser" : undefined;
}

/** The graph of the layers that act. */
function actingGraph(
  acting: Acting,
  { weights, ...form }: OpenMigc & { readonly textWidth: number },
): AdapterGraph {
  const paths = acting === "fuser" ? [] : form.paths;
  return migcGraph({ ...form, paths, fuser: acting !== "own" }, weights);
}

function inputNames(
  graph: {
    layerInputs?: (at: Places["sites"][number]) => Signatures;
    inputs?: (places: Places) => Signatures;
  },
  places: Places,
): Set<string> {
  return new Set([
    ...crossSites(places).flatMap((at) =>
      Object.keys(graph.layerInputs?.(at) ?? {})
    ),
    ...Object.keys(graph.inputs?.(places) ?? {}),
  ]);
}

/** Keys and values of the scene's caption and of each instance's, and their pooled vectors. */
async function captions(
  texts: readonly string[],
  run: AdapterRun,
): Promise<{ pooled: Tensor; keyValues: Values<Tensor> }> {
  const { tokens, pooled } = await run.encodeText(
    texts.map((text) => ({ text })),
  );
  const layers = await computeKeyValues(
    await run.program("text_key_value"),
    tokens,
    {
      stage: "UNet's keys and values of captions",
      files: filesOf(run.base, "text_key_value"),
    },
  );
  return {
    pooled: pooled!,
    keyValues: Object.fromEntries(
      layers.flatMap(({ k, v }, i) => [[`k.${i}`, k], [`v.${i}`, v]]),
    ),
  };
}

function row(x: Tensor, i: number): Float32Array {
  const width = x.shape[1]!;
  return Float32Array.from(x.data.subarray(i * width, (i + 1) * width));
}

function maskOf(
  { data, pictures }: AdapterScene,
  i: number,
  { size }: AdapterRun,
): PixelMask {
  const { region } = pictures[i]!;
  return region === undefined
    ? paintBox(data.instances[i]!.box, size)
    : { ...size, data: resizeBilinear(region, size) };
}

/** Strengths of MIGC++'s layers. */
async function layerGates(
  weights: WeightSource,
  places: Places,
): Promise<Values<Tensor>> {
  const found: [string, Tensor][] = [];
  for (const { layer, path } of crossSites(places)) {
    const name = `${path}.migc.gamma`;
    if (weights.info(name) === undefined) continue;
    const [gamma] = await weights.read(name);
    const gate = Float32Array.of(Math.tanh(gamma!));
    found.push([`gate.${layer}`, tensor([1, 1, 1], gate)]);
  }
  return Object.fromEntries(found);
}
