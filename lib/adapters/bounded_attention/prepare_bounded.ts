import { toProgram } from "../../bases/adapter_inputs.ts";
import {
  type AttentionSite,
  attentionSizes,
  type Places,
} from "../../bases/places.ts";
import type { Base } from "../../bases/base.ts";
import { whole } from "../../bases/whole_inputs.ts";
import type { FractionBox } from "../../core/geometry.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Values } from "../../ops/executor.ts";
import type {
  AdapterRun,
  AdapterScene,
  GuidedStep,
  PreparedAdapter,
} from "../adapter.ts";
import { type LatentLoss, latentLoss, movedBy } from "../guidance_inputs.ts";
import { guidedLayers } from "../guided_layers.ts";
import { wordPlaces } from "../phrase_places.ts";
import { boundedInputs } from "./bounded_inputs.ts";
import { boundedGraph, watchedBoundedGraph } from "./bounded_graph.ts";
import { boundedLossInputs, boundedLossProgram } from "./bounded_loss.ts";
import type { BoundedOptions } from "./bounded_options.ts";
import { functionWords } from "./function_words.ts";
import type { BoundedTokens } from "./hidden_pairs.ts";

const reader = "Bounded Attention";

/** More instances than words of a caption cannot be named. */
const mostInstances = 30;

/** Part of the steps before which latents are moved: 15 of 50. */
const guidedPart = 0.3;

/** Sizes of the first and last move. */
const usualSteps = { sdxl: [18, 5], other: [8, 2] } as const;

/** Layers of Stable Diffusion XL that guide: those of calls 70 to 81 in the published code. */
const xlLayers =
  /^up_blocks\.0\.attentions\.0\.transformer_blocks\.[1-6]\.attn[12]$/;

/** Masks of the boxes, and moves of the latents before the first steps. */
export async function prepareBounded(
  scene: AdapterScene,
  run: AdapterRun,
): Promise<PreparedAdapter> {
  const { instances } = scene.data;
  if (instances.length === 0) return { inputsAt: () => undefined };
  const boxes = instances.map(({ box }) => box);
  const tokens = boundedTokens(scene, run);
  const sizes = attentionSizes(run.base.places(run.latent));
  const { cells, text } = split(boundedInputs(boxes, sizes, {
    ...{ tokens, guiding: false, guided: run.guided },
  }));
  const inputs = { ...whole(cells), ...text };
  const settings = run.settings as BoundedOptions;
  return {
    inputsAt: () => inputs,
    guide: settings.steps === 0
      ? undefined
      : guideOf(await boundedLoss(scene, run, { boxes, tokens }), {
        ...{ settings, family: run.base.family, subjects: boxes.length },
      }),
  };
}

/** Inputs whose first axis is not the batch, and those of the text. */
function split(inputs: Values<Tensor>) {
  const of = (start: string) =>
    Object.fromEntries(
      Object.entries(inputs).filter(([name]) => name.startsWith(start)),
    );
  return { cells: of("cells."), text: of("tokens.") };
}

/** Which tokens of the caption are whose; words without content are seen by nobody. */
function boundedTokens(
  { data, tokens }: AdapterScene,
  run: AdapterRun,
): BoundedTokens {
  const places = wordPlaces(data, run, { reader, most: mostInstances });
  const ids = run.base.textIds?.(data.caption) ?? [];
  const hollow = hollowIds(run.base);
  const subjects = places.map(({ first, last }) => {
    const all = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const own = all.filter((at) => !hollow.has(ids[at]!));
    return own.length > 0 ? own : all;
  });
  const taken = new Set(subjects.flat());
  return {
    count: tokens.shape[1]!,
    subjects,
    hidden: [...ids.keys()].filter((at) =>
      hollow.has(ids[at]!) && !taken.has(at)
    ),
    end: ids.length - 1,
  };
}

/** Ids of function words that are one token each. */
function hollowIds({ textIds }: Base): Set<number> {
  const all = functionWords.map((word) => (textIds?.(word) ?? []).slice(1, -1));
  return new Set(all.flatMap((ids) => ids.length === 1 ? ids : []));
}

async function boundedLoss(
  scene: AdapterScene,
  run: AdapterRun,
  { boxes, tokens }: {
    boxes: readonly FractionBox[];
    tokens: BoundedTokens;
  },
): Promise<LatentLoss> {
  const places = run.base.places(run.latent);
  const sites = lossLayers(places, run.base.family);
  return await latentLoss(scene, run, {
    reader,
    program: boundedLossProgram({
      denoiser: run.denoiser({ adapters: [watchedBoundedGraph] }).program(),
      sites,
    }),
    own: {
      ...toProgram(
        boundedGraph,
        boundedInputs(boxes, attentionSizes(places), {
          ...{ tokens, guiding: true, guided: false },
        }),
      ),
      ...boundedLossInputs(boxes, { sites, tokens }),
    },
  });
}

/** The layers that guide; a small model of SDXL's kind has fewer, and takes those of the others. */
function lossLayers(
  places: Places,
  family: string,
): readonly AttentionSite[] {
  const own = family === "sdxl"
    ? places.sites.filter(({ path }) => xlLayers.test(path))
    : [];
  return own.length > 0 ? own : guidedLayers(places);
}

/** Moves latents before each of the first steps, until the loss of a subject is small. */
function guideOf(
  loss: LatentLoss,
  { settings, family, subjects }: {
    settings: BoundedOptions;
    family: string;
    subjects: number;
  },
): NonNullable<PreparedAdapter["guide"]> {
  const { iterations = 5, threshold = 0.2 } = settings;
  const [first, last] = settings.stepSizes ??
    (family === "sdxl" ? usualSteps.sdxl : usualSteps.other);
  return async (latents: Tensor, { step, total, timestep }: GuidedStep) => {
    const steps = settings.steps ?? Math.ceil(guidedPart * total);
    if (step >= steps) return latents;
    const size = first + (last - first) * step / steps;
    let moved = latents;
    for (let i = 0; i < iterations; i++) {
      const found = await loss.at(moved, timestep);
      moved = movedBy(moved, found.gradient, size);
      if (found.loss / subjects < threshold) break;
    }
    return moved;
  };
}
