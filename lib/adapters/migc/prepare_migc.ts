import {
  attentionSizes,
  crossSites,
  type Places,
  type Signatures,
} from "../../bases/hooks.ts";
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
import { migcSlots } from "./migc_layer.ts";
import { paintBox, type PixelMask } from "./migc_masks.ts";

/** Part of the steps in which MIGC's own layers act: 25 of 50, the last of them included. */
const ownPart = 0.5;

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
  const places = run.base.places(run.latent);
  const form = { textWidth: run.base.textWidth, plus, paths, fuser: plus };
  const declared = inputNames(migcGraph(form, weights), places);
  const { pooled, keyValues } = await captions([data.caption, ...phrases], run);
  const instances = data.instances.map((_, i): MigcInstance => ({
    box: data.instances[i]!.box,
    mask: maskOf(scene, i, run),
    phrase: row(pooled, i + 1),
    // the strength of a reference is that of its enhancement here
    enhancement: data.instances[i]!.scale,
  }));
  const gates = await layerGates(weights, places);
  const fixed = whole({
    ...migcInputs(instances, {
      picture: run.size,
      latent: run.latent,
      layers: attentionSizes(places),
    }, plus),
    ...keyValues,
  });
  const branches = migcBranches(run.guided);
  const inputs = (own: boolean): Values<Tensor> => {
    const all: Values<Tensor> = {
      ...fixed,
      ...branches,
      ...gates(own ? 1 : 0),
    };
    return Object.fromEntries(
      Object.entries(all).filter(([name]) => declared.has(name)),
    );
  };
  const [acting, later] = [inputs(true), inputs(false)];
  return {
    inputsAt: ({ step, total }) =>
      step <= ownPart * total ? acting : plus ? later : undefined,
  };
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

/** Strengths of MIGC++'s layers, times a factor. */
async function layerGates(
  weights: WeightSource,
  places: Places,
): Promise<(factor: number) => Values<Tensor>> {
  const found: [string, number][] = [];
  for (const { layer, path } of crossSites(places)) {
    const name = `${path}.migc.gamma`;
    if (weights.info(name) === undefined) continue;
    const [gamma] = await weights.read(name);
    found.push([`gate.${layer}`, Math.tanh(gamma!)]);
  }
  return (factor) =>
    Object.fromEntries(
      found.map(([name, gate]) => [
        name,
        tensor([1, 1, 1], Float32Array.of(gate * factor)),
      ]),
    );
}
