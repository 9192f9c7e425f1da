/** Losses and gradients of adapters on a frozen base. */

import { msMasks } from "../../../lib/adapters/ms_diffusion/ms_masks.ts";
import { migcBranches } from "../../../lib/adapters/migc/migc_inputs.ts";
import { groundingInputs } from "./gligen_cases.ts";
import { attentionSizes } from "../../../lib/bases/places.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import {
  addedInput,
  timeSinusoids,
} from "../../../lib/bases/sd/time_embedding.ts";
import { unetShape } from "../../../lib/bases/sd/unet_programs.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { sliceBatch } from "../../../lib/core/tensor_rows.ts";
import type { Values, WeightSource } from "../../../lib/ops/executor.ts";
import { openTraining } from "../../../train/backends/open_training.ts";
import {
  adapterLoss,
  frozenDenoiser,
} from "../../../train/baselines/adapter_loss.ts";
import type { AdapterNet } from "../../../train/baselines/adapter_net.ts";
import { gligenNet } from "../../../train/baselines/gligen/gligen_net.ts";
import { migcBatch, migcNet } from "../../../train/baselines/migc/migc_net.ts";
import {
  msNet,
  pictureRows,
} from "../../../train/baselines/ms_diffusion/ms_net.ts";
import { readHostWeights } from "../../../train/loop/host_weights.ts";
import { trainingBackends } from "../../../train/loop/training_config.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { groundInputs, msResampler, openMsSet } from "./ms_diffusion_cases.ts";
import { boxesOf } from "./host_cases.ts";
import { captionRows, openMigcSet, sceneInputs } from "./migc_set.ts";
import { innerLayer } from "./migc_layer.ts";
import {
  openTinyUnet,
  placesOf,
  timestepsOf,
  type TinyBase,
  type TinyUnet,
} from "./tiny_unet.ts";

/** Bounds of the two quantities; the case's own is that of the gradients. */
const bounds = { loss: 1e-5, gradient: 1e-3 };

/** A loss with what it is computed of, and the gradients that the set holds. */
interface TrainSet {
  readonly unet: TinyUnet;
  readonly net: AdapterNet;
  /** The adapter's weights, under the names of its file. */
  readonly weights: WeightSource;
  readonly sample: Tensor;
  readonly target: Tensor;
  /** Everything else that the loss reads. */
  readonly batch: Values<Tensor>;
  readonly goldens: Readonly<Record<string, Tensor>>;
  /** The weight whose gradient is `grad.NAME`. */
  readonly weightOf: (name: string) => string;
}

/** Losses and gradients, on backends that train. */
export const trainCases: readonly GoldenCase[] = [
  ...(["text", "text_image"] as const).map((form) =>
    trainCase(`gligen.${form}`, (context) => gligenSet(context, form))
  ),
  ...(["migc", "migc_plus"] as const).map((name) =>
    trainCase(name, (context) => migcSet(context, name))
  ),
  ...(["sd15", "sdxl"] as const).map((base) =>
    trainCase(`ms_diffusion.${base}`, (context) => msSet(context, base))
  ),
];

function trainCase(
  name: string,
  open: (context: GoldenContext) => Promise<TrainSet>,
): GoldenCase {
  return {
    name: `${name}.train`,
    bound: bounds.gradient,
    trains: true,
    run: async (context) => await trainError(context, await open(context)),
  };
}

/** The larger of both errors, each as a part of its own bound, times the case's. */
async function trainError(
  { executor }: GoldenContext,
  { unet, net, weights, sample, target, batch, goldens, weightOf }: TrainSet,
): Promise<number> {
  const backend = trainingBackends.find((one) => one === executor.name)!;
  const size = sizeOfImage(sample);
  const shapes = new Map(
    weights.names().map((name) => [name, weights.info(name)!.shape]),
  );
  const training = await openTraining(backend);
  const trainer = await training.open({
    program: adapterLoss(
      frozenDenoiser(unetShape(unet.config), net, size),
      net,
    ),
    trainable: await readHostWeights(weights, shapes),
    frozen: unet.weights,
  });
  const [rows] = sample.shape as [number];
  const cells = size.height * size.width;
  const { loss } = await trainer.accumulate({
    ...{ sample, target, ...batch },
    map: tensor(
      [rows, 1, size.height, size.width],
      new Float32Array(rows * cells).fill(1),
    ),
  }, 1);
  const gradients = await trainer.gradients();
  await trainer.dispose();
  const expected = goldens.loss!.data[0]!;
  const errors = Object.entries(goldens).flatMap(([name, gradient]) => {
    if (!name.startsWith("grad.")) return [];
    const own = gradients.get(weightOf(name.slice(5)))!;
    return [relativeError(own, gradient) / bounds.gradient];
  });
  errors.push(Math.abs(loss - expected) / Math.abs(expected) / bounds.loss);
  return bounds.gradient * Math.max(...errors);
}

async function gligenSet(
  { dir }: GoldenContext,
  form: "text" | "text_image",
): Promise<TrainSet> {
  const unet = await openTinyUnet(dir, `gligen-${form.replace("_", "-")}`);
  const goldens = await readGoldens(dir, `gligen_${form}`);
  const sample = goldens.sample!;
  const pictures = form === "text_image";
  const shape = { pictures, width: unet.config.cross_attention_dim };
  const own = unet.weights.names().filter((name) =>
    /^position_net\.|\.fuser\./.test(name)
  );
  return {
    ...{ unet, goldens, sample, target: goldens.noise! },
    net: gligenNet(shape, placesOf(unet, sample)),
    weights: { ...unet.weights, names: () => own },
    batch: {
      time: timeSinusoids(timestepsOf(goldens.timestep!), unet.config),
      text: goldens.encoder_hidden_states!,
      ...groundingInputs(goldens, pictures, false),
    },
    weightOf: (name) => name,
  };
}

/** The conditional row, which alone passes through MIGC. */
async function migcSet(
  context: GoldenContext,
  name: "migc" | "migc_plus",
): Promise<TrainSet> {
  const set = await openMigcSet(context, name);
  const { goldens, unet, file } = set;
  const sample = sliceBatch(goldens.sample!, 1, 2);
  const places = placesOf(unet, sample);
  const net = migcNet({
    textWidth: unet.config.cross_attention_dim,
    ...{ plus: file.plus, paths: file.paths, fuser: file.plus },
  }, places);
  return {
    ...{ unet, net, goldens, sample, target: goldens.noise! },
    weights: file.weights,
    batch: {
      time: timeSinusoids([goldens.timestep!.data[0]!], unet.config),
      text: sliceBatch(goldens.encoder_hidden_states!, 1, 2),
      captions: captionRows(goldens),
      ...migcBatch({
        ...sceneInputs(set, sample, {}),
        ...migcBranches(false),
      }),
    },
    weightOf: (weight) => `${innerLayer}.migc.${weight}`,
  };
}

async function msSet(
  context: GoldenContext,
  base: TinyBase,
): Promise<TrainSet> {
  const set = await openMsSet(context, base);
  const { goldens, weights, unet, file: { scale } } = set;
  const sample = sliceBatch(goldens.sample!, 1, 2);
  const places = placesOf(unet, sample);
  const resampler = msResampler(set);
  const [, dummies] = weights.info("dummy_image_tokens")!.shape;
  const pictures = goldens.features!.shape[0]!;
  const row = (x: Tensor) => sliceBatch(x, 1, 2);
  const ones = new Float32Array(pictures).fill(1);
  return {
    ...{ unet, goldens, weights, sample, target: goldens.noise! },
    net: msNet(attentionLayers(unet.config), {
      ...{ resampler, dummies: dummies!, pictures },
    }, places),
    batch: {
      time: timeSinusoids([goldens.timestep!.data[0]!], unet.config),
      text: row(goldens.encoder_hidden_states!),
      ...(base === "sdxl" && {
        added: addedInput(
          row(goldens.text_embeds!),
          row(goldens.time_ids!),
          unet.config,
        ),
      }),
      ...groundInputs(goldens),
      kept: tensor([pictures, 1, 1], ones),
      dropped: tensor([pictures, 1, 1], ones.map(() => 0)),
      ...pictureRows([{ pictures, shown: true }], pictures),
      ...msMasks(boxesOf(goldens.boxes!), attentionSizes(places), {
        ...{ dummies: dummies!, tokens: resampler.tokens, scale },
        ...{ attendDummies: true, guided: false },
      }),
    },
    weightOf: (name) => name,
  };
}
