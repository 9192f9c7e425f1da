import { boundedGraph } from "../../../lib/adapters/bounded_attention/bounded_graph.ts";
import { boundedInputs } from "../../../lib/adapters/bounded_attention/bounded_inputs.ts";
import { attentionSizes } from "../../../lib/bases/places.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { readBoundedTokens } from "./bounded_tokens.ts";
import { boxesOf } from "./host_cases.ts";
import { forward, openTinyUnet, placesOf } from "./tiny_unet.ts";

/** Bounded Attention with boxes as masks. */
export const boundedCases: readonly GoldenCase[] = [
  {
    name: "bounded.out",
    bound: 1e-4,
    run: (context) => outError(context, "out", false),
  },
  {
    name: "bounded.guiding",
    bound: 1e-4,
    run: (context) => outError(context, "out_guiding", true),
  },
];

async function outError(
  context: GoldenContext,
  name: string,
  guiding: boolean,
): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "bounded_attention");
  const unet = await openTinyUnet(dir, "sd-tiny");
  const sample = goldens.sample!;
  const sizes = attentionSizes(placesOf(unet, sample));
  const inputs = boundedInputs(boxesOf(goldens.boxes!), sizes, {
    ...{ guiding, guided: true },
    tokens: await readBoundedTokens(dir, goldens.encoder_hidden_states!),
  });
  const timestep = goldens.timestep!.data[0]!;
  const found = await forward(context, unet, {
    ...{ sample, timesteps: [timestep, timestep] },
    text: goldens.encoder_hidden_states!,
    adapters: [{ graph: boundedGraph, inputs }],
  });
  return relativeError(found, goldens[name]!);
}
