import {
  boxFourier,
  boxFourierWidth,
} from "../../../lib/adapters/gligen/box_fourier.ts";
import { msMasks } from "../../../lib/adapters/ms_diffusion/ms_masks.ts";
import {
  type AttentionSite,
  attentionSizes,
  crossSites,
} from "../../../lib/bases/places.ts";
import { type Tensor, tensor, zeros } from "../../../lib/core/tensor.ts";
import { concatBatch, concatWidth } from "../../../lib/core/tensor_rows.ts";
import { visionTokens } from "../../../lib/encoders/vit.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import type {
  AdapterTraining,
  ConditionedScene,
  FrozenModels,
} from "../adapter_training.ts";
import { checkPooled } from "../check_pooled.ts";
import { msNet, type MsNetShape, pictureRows } from "./ms_net.ts";

/** Settings of {@linkcode msTraining}. */
export interface MsTrainingOptions {
  readonly resampler: {
    readonly tokens: number;
    readonly depth: number;
    readonly width: number;
    readonly heads: number;
  };
  readonly dummies: number;
  readonly attendDummies: boolean;
  readonly scale: number;
  /** Instances that every scene is filled up to. */
  readonly instances: number;
  /** Probability that an instance goes without its phrase. */
  readonly phraseDropout: number;
}

/** Width of one head in all public files. */
const headWidth = 64;

/** MS-Diffusion's part of training: keys and values begin as those of the text. */
export function msTraining(
  models: FrozenModels,
  options: MsTrainingOptions,
): AdapterTraining {
  checkPooled(models, "MS-Diffusion");
  const { base, imageEncoder, places } = models;
  const { tokens, depth, width, heads } = options.resampler;
  const shape: MsNetShape = {
    dummies: options.dummies,
    pictures: options.instances,
    resampler: {
      ...{ tokens, layers: depth, innerWidth: width, headWidth },
      attentionWidth: heads * headWidth,
      feedForwardWidth: 4 * width,
      inputWidth: imageEncoder!.hidden_size,
      phraseWidth: base.textWidth,
      width: base.textWidth,
    },
  };
  const sites = new Map(crossSites(places).map((at) => [at.layer, at]));
  return {
    net: msNet(base, shape, places),
    initial: (name) =>
      name === "dummy_image_tokens"
        ? { kind: "normal", std: 1 }
        : name.endsWith("grounding_latents")
        ? { kind: "normal", std: 1 / Math.sqrt(width) }
        : undefined,
    copied: (name) => textWeight(name, sites),
    weightsOf: (file) => file,
    conditions: (scenes) => conditionsOf(scenes, models, options),
  };
}

/** The weight of the text's attention that one of a picture's begins as; layers are numbered as in diffusers. */
function textWeight(
  name: string,
  sites: ReadonlyMap<number, AttentionSite>,
): string | undefined {
  const [, place, kind] =
    /^ms_adapter\.(\d+)\.(to_[kv])_ip\.weight$/.exec(name) ?? [];
  if (place === undefined) return undefined;
  return `${sites.get((Number(place) - 1) / 2)!.path}.${kind}.weight`;
}

async function conditionsOf(
  scenes: readonly ConditionedScene[],
  models: FrozenModels,
  options: MsTrainingOptions,
): Promise<Values<Tensor>> {
  const { dummies, instances, attendDummies, scale, resampler } = options;
  const pictures: Pictures[] = [];
  for (const scene of scenes) {
    pictures.push(await picturesOf(scene, models, options));
  }
  const masks = scenes.map(({ seen, dropped }) =>
    msMasks(
      filled(seen.boxes, nowhere, instances),
      attentionSizes(models.places),
      {
        ...{ dummies, tokens: resampler.tokens, scale, attendDummies },
        ...{ guided: false },
        on: Array.from(
          { length: instances },
          (_, i) => !dropped && i < seen.boxes.length,
        ),
      },
    )
  );
  const all = pictures.flatMap(({ dropped }) => dropped);
  const rows = [all.length, 1, 1];
  return {
    features: concatBatch(pictures.flatMap(({ features }) => features)),
    ground: concatBatch(pictures.map(({ ground }) => ground)),
    dropped: tensor(rows, Float32Array.from(all)),
    kept: tensor(rows, Float32Array.from(all, (one) => 1 - one)),
    ...pictureRows(
      scenes.map(({ seen, dropped }) => ({
        ...{ pictures: seen.boxes.length, shown: !dropped },
      })),
      instances,
    ),
    ...Object.fromEntries(
      Object.keys(masks[0]!).map((name) => [
        name,
        concatBatch(masks.map((one) => one[name]!)),
      ]),
    ),
  };
}

/** A scene's pictures with their phrases and boxes, filled up. */
interface Pictures {
  readonly features: readonly Tensor[];
  /** `[pictures, phrase + 64]`. */
  readonly ground: Tensor;
  /** 1 where a picture goes without its phrase. */
  readonly dropped: readonly number[];
}

async function picturesOf(
  { seen, phrases, random }: ConditionedScene,
  { encoders, base, imageEncoder }: FrozenModels,
  { instances, phraseDropout }: MsTrainingOptions,
): Promise<Pictures> {
  const stream = random.fork("phrases");
  const features: Tensor[] = [];
  const vectors: Tensor[] = [];
  const dropped: number[] = [];
  const patches = visionTokens(imageEncoder!);
  for (let i = 0; i < instances; i++) {
    const drawn = stream.chance(phraseDropout);
    const reference = seen.references[i];
    const phrase = drawn ? undefined : phrases[i];
    features.push(
      reference === undefined
        ? zeros([1, patches, imageEncoder!.hidden_size])
        : await encoders.features(reference, { output: "penultimate" }),
    );
    vectors.push(
      phrase === undefined
        ? zeros([1, base.textWidth])
        : (await encoders.text(phrase)).pooled!,
    );
    dropped.push(phrase === undefined ? 1 : 0);
  }
  const fourier = boxFourier(filled(seen.boxes, nowhere, instances));
  return {
    ...{ features, dropped },
    ground: concatWidth([
      concatBatch(vectors),
      tensor([instances, boxFourierWidth], fourier.data),
    ]),
  };
}

const nowhere = { x0: 0, y0: 0, x1: 0, y1: 0 };

function filled<V>(values: readonly V[], filling: V, count: number): V[] {
  return Array.from({ length: count }, (_, i) => values[i] ?? filling);
}
