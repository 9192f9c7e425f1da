import { migcLayer } from "../../../lib/adapters/migc/migc_layer.ts";
import { layerInputs } from "../../../lib/adapters/migc/migc_graph.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { reshape, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type {
  Program,
  Values,
  WeightSource,
} from "../../../lib/ops/executor.ts";
import { relativeError } from "../golden_case.ts";
import { runOnce } from "../golden_files.ts";
import { placesOf } from "./tiny_unet.ts";
import { floatInputs } from "../float_inputs.ts";
import { type MigcSet, sceneInputs } from "./migc_set.ts";

/** The layer that `inner.*` are of. */
export const innerLayer = "up_blocks.1.attentions.0.transformer_blocks.0.attn2";

/** MIGC++'s strengths of its layers. */
export async function gates(
  weights: WeightSource,
  places: ReturnType<typeof placesOf>,
): Promise<Values<Tensor>> {
  const found = await Promise.all(
    crossSites(places).flatMap(async ({ layer, path }) => {
      const name = `${path}.migc.gamma`;
      if (weights.info(name) === undefined) return [];
      const [gamma] = await weights.read(name);
      const gate = tensor([1, 1, 1], Float32Array.of(Math.tanh(gamma!)));
      return [[`gate.${layer}`, gate] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** One layer alone, from its input and the results of the captions. */
export async function innerError(set: MigcSet, part: string): Promise<number> {
  const { goldens, unet, file, context } = set;
  const places = placesOf(unet, goldens.sample!);
  const at = crossSites(places).find(({ path }) => path === innerLayer)!;
  const all = layerInputs(sceneInputs(set, goldens.sample!, {}), at.size);
  const plus = file.plus;
  const h = goldens["inner.q"]!;
  const values: Record<string, Tensor> = {
    ...Object.fromEntries(
      Object.entries(all).filter(([name]) => !name.includes(".")),
    ),
    h: reshape(h, [1, ...h.shape]),
    results: goldens["inner.x"]!,
  };
  const program: Program = {
    name: "migc_layer",
    inputs: floatInputs(values),
    outputs: Object.fromEntries(
      ["position", "enhanced", "within", "share", "mixed"].map((name) => [
        name,
        { kind: "float", shape: ["rows", "tokens", "width"] },
      ]),
    ),
    run: (ops, params, inputs) => ({
      ...migcLayer(ops, params.at(innerLayer).at("migc"), {
        ...{ at, plus, h: inputs.h!, results: inputs.results!, inputs },
        textWidth: unet.config.cross_attention_dim,
      }),
    }),
  };
  const found = await runOnce(context.executor, program, {
    weights: file.weights,
    inputs: values,
  });
  const added = plus
    ? await gates(file.weights, places).then((all) => all[`gate.${at.layer}`])
    : undefined;
  return partError(part, { found, goldens, inputs: all, gate: added });
}

/** The error of one part; rows of the scene's own caption come first, and that of nothing may too. */
function partError(
  part: string,
  { found, goldens, inputs, gate }: {
    readonly found: Values<Tensor>;
    readonly goldens: Record<string, Tensor>;
    readonly inputs: Values<Tensor>;
    /** The layer's strength in MIGC++. */
    readonly gate: Tensor | undefined;
  },
): number {
  const captions = found.position!.shape[0]!;
  const phases = found.share!.shape[0]!;
  const expected = goldens[`inner.${part === "layer" ? "y" : part}`]!;
  const instances = (x: Tensor) => sliceBatch(x, 1, captions);
  switch (part) {
    case "position":
      return relativeError(instances(found.position!), expected);
    case "ea":
      return relativeError(
        masked(instances(found.enhanced!), inputs.enhanced_mask!),
        expected,
      );
    case "la":
      return relativeError(found.within!, expected);
    case "share": {
      const [start, end] = gate ? [1, phases] : [0, phases - 1];
      return relativeError(sliceBatch(found.share!, start, end), expected);
    }
    default: {
      const { mixed } = found;
      const y = gate
        ? withShader(mixed!, goldens["inner.x"]!, {
          ...{ weights: inputs.shader!, gate },
        })
        : mixed!;
      return relativeError(y, expected);
    }
  }
}

/** MIGC++'s addition to the captions that masks mix. */
function withShader(
  mixed: Tensor,
  results: Tensor,
  { weights, gate }: { weights: Tensor; gate: Tensor },
): Tensor {
  const [captions, queries, width] = results.shape as [number, number, number];
  return tensor(
    mixed.shape,
    Float32Array.from(mixed.data, (value, i) => {
      let sum = gate.data[0]! * value;
      for (let k = 0; k < captions; k++) {
        const weight = weights.data[k * queries + Math.floor(i / width)]!;
        sum += weight * results.data[k * queries * width + i]!;
      }
      return sum;
    }),
  );
}

/** Enhancements under the masks of their instances, whose rows come after the scene's. */
function masked(x: Tensor, mask: Tensor): Tensor {
  const [, queries, width] = x.shape as [number, number, number];
  return tensor(
    x.shape,
    Float32Array.from(
      x.data,
      (value, i) => value * mask.data[queries + Math.floor(i / width)]!,
    ),
  );
}
