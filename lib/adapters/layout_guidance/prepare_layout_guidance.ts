import { crossSites } from "../../bases/places.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { sigmaAt, trainingSigmas } from "../../ddim/sigmas.ts";
import type {
  AdapterRun,
  AdapterScene,
  GuidedStep,
  PreparedAdapter,
} from "../adapter.ts";
import { type LatentLoss, latentLoss } from "../guidance_inputs.ts";
import { guidedLayers } from "../guided_layers.ts";
import { wordPlaces } from "../phrase_places.ts";
import { guideLatents } from "./guide_latents.ts";
import {
  energyInputs,
  energyProgram,
  energyScale,
  type PlacedPhrase,
} from "./layout_energy.ts";
import type { LayoutGuidanceOptions } from "./layout_options.ts";

const reader = "Layout guidance";

/** More instances than words of a caption cannot be named. */
const mostInstances = 30;

/** Part of the steps before which latents are moved: 10 of 50. */
const guidedPart = 0.2;

/** Moves of the latents before the first steps. */
export async function prepareLayoutGuidance(
  scene: AdapterScene,
  run: AdapterRun,
): Promise<PreparedAdapter> {
  const { data, tokens } = scene;
  const settings = run.settings as LayoutGuidanceOptions;
  const inputsAt = () => undefined;
  if (data.instances.length === 0 || settings.steps === 0) return { inputsAt };
  const places = wordPlaces(data, run, { reader, most: mostInstances });
  const phrases = places.map(({ first, last }, i): PlacedPhrase => ({
    boxes: [data.instances[i]!.box],
    tokens: Array.from({ length: last - first + 1 }, (_, j) => first + j),
  }));
  const layers = guidedLayers(run.base.places(run.latent));
  const sites = crossSites({ sites: layers });
  const energy = await latentLoss(scene, run, {
    reader,
    program: energyProgram({
      denoiser: run.denoiser({ trace: true }).program(),
      sites,
    }),
    own: energyInputs(phrases, { sites, textTokens: tokens.shape[1]! }),
  });
  return { inputsAt, guide: guideOf(energy, run, settings) };
}

function guideOf(
  energy: LatentLoss,
  { schedule }: AdapterRun,
  settings: LayoutGuidanceOptions,
): NonNullable<PreparedAdapter["guide"]> {
  const sigmas = trainingSigmas(schedule);
  const { iterations = 5, threshold = 0.2, scale = energyScale } = settings;
  return async (latents: Tensor, { step, total, timestep }: GuidedStep) => {
    const steps = settings.steps ?? Math.ceil(guidedPart * total);
    if (step >= steps) return latents;
    const sigma = sigmaAt(sigmas, timestep);
    // the method's latents have noise of the deviation σ
    const factor = Math.sqrt(sigma ** 2 + 1);
    let moved = scaled(latents, factor);
    for (let i = 0; i < iterations; i++) {
      const found = await guideLatents(
        { run: ({ sample }) => energy.at(sample!, timestep) },
        { latents: moved, sigma, strength: scale / energyScale },
        {},
      );
      moved = found.latents;
      if (found.loss / energyScale < threshold) break;
    }
    return scaled(moved, 1 / factor);
  };
}

function scaled({ shape, data }: Tensor, factor: number): Tensor {
  return tensor(shape, Float32Array.from(data, (value) => value * factor));
}
