import { join } from "node:path";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../../lib/adapters/locref/locref_graph.ts";
import type { LocRefAdapter } from "../../../lib/adapters/locref/locref_file.ts";
import { pictureGroups } from "../../../lib/adapters/locref/picture_groups.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { concatBatch, sliceBatch } from "../../../lib/core/tensor_rows.ts";
import { clipImageProgram } from "../../../lib/encoders/clip_image.ts";
import { openImageEncoder } from "../../../lib/encoders/open_image_encoder.ts";
import { appearanceTokens, pictureKeyValues } from "../adapter_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import { openUnet, plainUnet } from "./plain_unet.ts";
import { finalLatents } from "./run_pipeline.ts";
import {
  adapterInputs,
  files,
  forwards,
  instancesOf,
  type Kind,
  masksOf,
  open,
  placedTokens,
} from "./ip_adapter_set.ts";

/** IP-Adapter on SDXL: features, tokens, forwards of the UNet, and whole runs. */
export function ipAdapterXlCases(): GoldenCase[] {
  const kinds = Object.keys(files) as Kind[];
  return [
    ...kinds.map((kind): GoldenCase => ({
      name: `ip_adapter_xl.${kind}`,
      bound: 1e-4,
      run: (context) => forwardsOf(context, kind),
    })),
    ...(["base", "plus"] as const).flatMap((kind) =>
      (["zero", "given"] as const).map((negative): GoldenCase => ({
        name: `ip_adapter_xl.pipeline.${kind}.${negative}`,
        bound: 1e-3,
        loop: true,
        run: (context) => wholeRun(context, kind, negative),
      }))
    ),
  ];
}

async function forwardsOf(
  context: GoldenContext,
  kind: Kind,
): Promise<number> {
  const opened = await open(context, kind);
  const { goldens, adapter } = opened;
  const features = await featuresOf(context, kind, adapter, goldens);
  const { executor, dir } = context;
  const tokens = await appearanceTokens(executor, adapter, goldens.features!);
  const none = await appearanceTokens(
    executor,
    adapter,
    goldens.zero_features!,
  );
  const errors = [
    relativeError(features, goldens.features!),
    relativeError(tokens, goldens.tokens!),
    relativeError(none, goldens.zero_tokens!),
  ];
  const unet = await openUnet(dir, "sdxl-tiny/unet");
  const sample = goldens.sample!;
  for (const [name, forward] of Object.entries(forwards)) {
    const prediction = await plainUnet(context, unet, {
      sample,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
      pooled: goldens.text_embeds,
      timeIds: goldens.time_ids,
      adapters: [locrefGraph()],
      inputs: await adapterInputs(context, opened, {
        ...{ forward, sample },
        tokens: await placedTokens(context, opened, forward),
      }),
    });
    errors.push(relativeError(prediction, goldens[`out.${name}`]!));
  }
  return Math.max(...errors);
}

/** Features of the pictures, by the image encoder that the adapter reads. */
async function featuresOf(
  { dir, executor }: GoldenContext,
  kind: Kind,
  { shape }: LocRefAdapter,
  goldens: Record<string, Tensor>,
): Promise<Tensor> {
  const { config, weights } = await openImageEncoder(
    join(dir, files[kind][1]),
  );
  const outputs = await runOnce(executor, clipImageProgram(config), {
    weights,
    inputs: { pixels: goldens.pixel_values! },
  });
  return outputs[shape.input === "patch" ? "penultimate" : shape.input]!;
}

interface PipelineFile {
  readonly pipeline: {
    readonly prompt: string;
    readonly negative_prompt: string;
    readonly num_inference_steps: number;
    readonly guidance_scale: number;
    readonly scales: readonly number[];
    readonly pictures: readonly number[];
  };
}

async function wholeRun(
  context: GoldenContext,
  kind: Kind,
  negative: "zero" | "given",
): Promise<number> {
  const opened = await open(context, kind);
  const { adapter, base, goldens } = opened;
  const runs = await readGoldens(context.dir, "ip_adapter_xl_pipeline");
  const { pipeline } = await readJson<PipelineFile>(
    join(context.dir, "ip_adapter_xl.json"),
  );
  const row = (x: Tensor, i: number) => sliceBatch(x, i, i + 1);
  const none = negative === "zero"
    ? goldens.zero_tokens!
    : row(goldens.tokens!, 2);
  const wanted = pipeline.pictures.map((i) => row(goldens.tokens!, i));
  const placed = pipeline.scales.map((scale, mask) => ({
    ...{ pictures: [mask], mask, scale },
  }));
  const tokens = concatBatch([...wanted.map(() => none), ...wanted]);
  const { ci, ri } = await pictureKeyValues(context.executor, adapter, {
    ...{ layers: base, tokens, groups: placed.length },
  });
  const noise = runs.latents!;
  const latents = await finalLatents(context, {
    base,
    steps: pipeline.num_inference_steps,
    guidance: pipeline.guidance_scale,
    texts: [{ text: pipeline.negative_prompt }, { text: pipeline.prompt }],
    noise,
    adapters: [locrefGraph()],
    inputs: {
      ...referenceInputs(joinBranches(ci, ri)),
      ...await masksOf(context, goldens, {
        ...{ placed, groups: pictureGroups(instancesOf(placed)) },
        sample: noise,
      }),
    },
  });
  return relativeError(latents, runs[`${kind}.${negative}.final_latents`]!);
}
