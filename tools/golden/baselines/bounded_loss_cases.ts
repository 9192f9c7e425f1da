import { watchedBoundedGraph } from "../../../lib/adapters/bounded_attention/bounded_graph.ts";
import { boundedInputs } from "../../../lib/adapters/bounded_attention/bounded_inputs.ts";
import {
  boundedLossInputs,
  boundedLossProgram,
} from "../../../lib/adapters/bounded_attention/bounded_loss.ts";
import { toProgram } from "../../../lib/bases/adapter_inputs.ts";
import { attentionSizes } from "../../../lib/bases/places.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { BackendName } from "../../../lib/ops/backends.ts";
import { openGradient } from "../../../lib/ops/open_gradient.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { readBoundedTokens } from "./bounded_tokens.ts";
import { boxesOf } from "./host_cases.ts";
import { openTinyUnet, placesOf, plainInputs } from "./tiny_unet.ts";

/** Step of the latents against the derivative, as the set has it. */
const stepSize = 8;

/** The loss of Bounded Attention, its derivative by the latents, and the latents after a step. */
export const boundedLossCases: readonly GoldenCase[] = [
  {
    name: "bounded.loss",
    bound: 1e-4,
    run: async (context) => {
      const { found, goldens } = await slope(context);
      const loss = tensor([], Float32Array.of(found.loss));
      return relativeError(loss, goldens.loss!);
    },
  },
  {
    name: "bounded.gradient",
    bound: 1e-3,
    run: async (context) => {
      const { found, goldens } = await slope(context);
      return relativeError(found.gradient, goldens.gradient!);
    },
  },
  {
    name: "bounded.latents",
    bound: 1e-3,
    run: async (context) => {
      const { found, goldens, latents } = await slope(context);
      const moved = Float32Array.from(
        latents.data,
        (x, i) => x - stepSize * found.gradient.data[i]!,
      );
      return relativeError(
        tensor(latents.shape, moved),
        goldens.latents_after!,
      );
    },
  },
];

async function slope(context: GoldenContext) {
  const { dir, executor } = context;
  const goldens = await readGoldens(dir, "bounded_attention");
  const unet = await openTinyUnet(dir, "sd-tiny");
  const { config, weights } = unet;
  const latents = lastRow(goldens.sample!);
  const text = lastRow(goldens.encoder_hidden_states!);
  const places = placesOf(unet, latents);
  const sites = places.sites.filter(({ path }) =>
    /^(mid_block|up_blocks\.1)\./.test(path)
  );
  const boxes = boxesOf(goldens.boxes!);
  const tokens = await readBoundedTokens(dir, text);
  const bounded = boundedInputs(boxes, attentionSizes(places), {
    ...{ tokens, guiding: true, guided: false },
  });
  const inputs: Record<string, Tensor> = {
    ...await plainInputs(context, unet, {
      ...{ sample: latents, timesteps: [goldens.timestep!.data[0]!], text },
    }),
    ...toProgram(watchedBoundedGraph, bounded),
    ...boundedLossInputs(boxes, { sites, tokens }),
  };
  const denoiser = unetProgram(config, {
    size: sizeOfImage(latents),
    adapters: [watchedBoundedGraph],
  });
  const compile = await openGradient(executor.name as BackendName);
  const loss = await compile(boundedLossProgram({ denoiser, sites }), {
    ...{ weights, by: "sample" },
    shapes: Object.fromEntries(
      Object.entries(inputs).map(([name, { shape }]) => [name, shape]),
    ),
  });
  const found = await loss.run(inputs);
  await loss.dispose();
  return { found, goldens, latents };
}

/** The conditional branch. */
function lastRow(x: Tensor): Tensor {
  const rows = x.shape[0]!;
  return sliceBatch(x, rows - 1, rows);
}
