import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { whole } from "../../bases/whole_inputs.ts";
import { LocRefError } from "../../core/error.ts";
import { checkFinite } from "../../core/finite.ts";
import { quote } from "../../core/quote.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Values, WeightSource } from "../../ops/executor.ts";
import { openSafetensors } from "../../weights/safetensors/safetensors.ts";
import type {
  AdapterRun,
  AdapterScene,
  BesideAdapter,
  PreparedAdapter,
} from "../adapter.ts";
import { checkCount, instancePhrases } from "../instance_phrases.ts";
import { pictureFeaturesOf } from "../picture_embeds.ts";
import { boxFourier } from "./box_fourier.ts";
import {
  type GroundedScene,
  groundingInputs,
  kindOf,
  noObjects,
} from "./grounding_inputs.ts";
import { gligenGates } from "./gligen_gates.ts";
import { groundedObjects, type GroundingShape } from "./grounding_net.ts";
import { type GligenOptions, groundingShares } from "./gligen_options.ts";
import { groundingSchedule } from "./grounding_schedule.ts";
import { pictureFeatures } from "./picture_features.ts";

/** An open file of GLIGEN. */
export interface GligenFile extends BesideAdapter {
  readonly file: string;
  readonly weights: WeightSource;
  readonly shape: GroundingShape;
}

/** Grounding tokens of a scene, and the strength of the grounding step by step. */
export async function prepareGligen(
  scene: AdapterScene,
  run: AdapterRun,
  adapter: GligenFile,
): Promise<PreparedAdapter> {
  const { file, weights } = adapter;
  const kinds = await featuresOf(scene, run, adapter);
  const runner = await run.program("gligen_grounding");
  const { grounds } = await runner.run(
    groundingInputs(run.guided ? [noObjects(kinds), kinds] : [kinds]),
  );
  checkFinite(grounds!, { stage: "GLIGEN's grounding net", files: file });
  const gates = await gligenGates(weights, run.base.places(run.latent));
  const shares = groundingShares(run.settings as GligenOptions);
  const known = new Map<number, Values<Tensor>>();
  const gatesOf = (strength: number) => {
    const found = known.get(strength) ?? whole(gates(strength));
    known.set(strength, found);
    return found;
  };
  return {
    inputsAt({ step, total }) {
      // in very few steps the first is grounded all the same
      const strength = step === 0 && shares[0] > 0
        ? 1
        : groundingSchedule(total, shares)[step]!;
      return strength === 0
        ? undefined
        : { grounds: grounds!, ...gatesOf(strength) };
    },
  };
}

async function featuresOf(
  { data, pictures }: AdapterScene,
  run: AdapterRun,
  { file, shape, imageEncoder }: GligenFile,
): Promise<GroundedScene> {
  const { instances } = data;
  checkCount(instances.length, "GLIGEN", groundedObjects);
  const texts = shape.pictures
    ? instances.map(({ caption }) => caption)
    : instancePhrases(data, "GLIGEN", groundedObjects);
  const phrases = await phraseRows(texts, run);
  const fourier = boxFourier(instances.map(({ box }) => box));
  const kinds = {
    boxes: kindOf(fourier, instances.length),
    phrases: { width: shape.width, rows: phrases },
  };
  if (!shape.pictures) return kinds;
  const embeds = instances.length === 0
    ? undefined
    : await pictureFeaturesOf(pictures.map(({ reference }) => reference), {
      ...{ run, imageEncoder, output: "embeds", fit: "cover" },
    });
  const features = embeds &&
    pictureFeatures(embeds, await projectionBeside(file));
  return {
    ...kinds,
    pictures: features
      ? kindOf(features, instances.length)
      : { width: shape.width, rows: [] },
  };
}

/** Pooled phrases of the objects that have one. */
async function phraseRows(
  texts: readonly (string | undefined)[],
  run: AdapterRun,
): Promise<(Float32Array | undefined)[]> {
  const given = texts.flatMap((text) => text === undefined ? [] : [{ text }]);
  if (given.length === 0) return texts.map(() => undefined);
  const { pooled } = await run.encodeText(given);
  const { rows } = kindOf(pooled!, given.length);
  let next = 0;
  return texts.map((text) => text === undefined ? undefined : rows[next++]);
}

/** The matrix that pictures' embeddings go through, which lies beside the UNet in diffusers' folders. */
async function projectionBeside(file: string): Promise<Tensor> {
  const places = [dirname(file), dirname(dirname(file))].map((folder) =>
    join(folder, "image_project", "diffusion_pytorch_model.safetensors")
  );
  const found = places.find((path) => existsSync(path));
  if (found === undefined) {
    throw new LocRefError(
      "file-missing",
      `Adapter ${
        quote(file)
      } needs the matrix of its image_project, which is missing: ${
        quote(places.at(-1))
      }`,
    );
  }
  return await (await openSafetensors(found)).readTensor("project.weight");
}
