/** A base whose denoiser is no UNet: one cross-attention between two convolutions, in a folder of its own. */

import { join } from "@std/path";
import { cp } from "node:fs/promises";
import * as v from "valibot";
import { weightsWith } from "../../../lib/bases/adapter_inputs.ts";
import type { Base, NamedPart, NamedProgram } from "../../../lib/bases/base.ts";
import type { BaseKind } from "../../../lib/bases/base_kind.ts";
import { checkPart } from "../../../lib/bases/check_part.ts";
import type {
  DenoiserForm,
  DenoiserShape,
} from "../../../lib/bases/denoiser_shape.ts";
import { keyValueProgram } from "../../../lib/bases/key_value_program.ts";
import type { AttentionLayers } from "../../../lib/bases/places.ts";
import { stableDiffusionSettings } from "../../../lib/bases/sd/settings_files.ts";
import { sdText } from "../../../lib/bases/sd/text.ts";
import { readText } from "../../../lib/bases/text_inputs.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { clipTextProgram } from "../../../lib/encoders/clip_text.ts";
import { currentVaeName, vaeFactor } from "../../../lib/encoders/vae_config.ts";
import { vaePrograms } from "../../../lib/encoders/vae_programs.ts";
import type { Program, Signature, Values } from "../../../lib/ops/executor.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import type { Ops } from "../../../lib/ops/ops.ts";
import type { Params } from "../../../lib/ops/params.ts";
import { parseClipTextConfig } from "../../../lib/weights/configs/clip_config.ts";
import {
  type ConfigPlace,
  parseConfig,
} from "../../../lib/weights/configs/parse_config.ts";
import { parseSchedulerConfig } from "../../../lib/weights/configs/scheduler.ts";
import { parseVaeConfig } from "../../../lib/weights/configs/vae_config.ts";
import {
  type ModelSource,
  type OpenBaseOptions,
  openSourcePart,
  pipelineOf,
} from "../../../lib/weights/model_source.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { renameWeights } from "../../../lib/weights/weight_sources.ts";
import { noise } from "../ops/host_ops.ts";

interface Config {
  readonly channels: number;
  readonly width: number;
  readonly text: number;
}

const sizes: Config = { channels: 4, width: 16, text: 32 };
const anySize: DenoiserForm = { size: { height: 8, width: 8 } };

/** The family. */
export const gridBase: BaseKind = {
  family: "grid",
  summary: "one attention over a grid",
  pipelines: ["GridPipeline"],
  folders: ["grid", "scheduler", "text_encoder", "tokenizer", "vae"],
  matches: ({ index }) => pipelineOf(index) === "GridPipeline",
  open,
  settings: [
    ...stableDiffusionSettings.filter(({ name }) =>
      !/^(unet|model_index)/.test(name)
    ),
    { name: "grid/config.json", parse, required: true },
  ],
  tokenizers: { tokenizer: "text_encoder" },
  denoiserOf: (config, place) => shapeOf(parse(config, place).config),
  denoiserIn: (weights) => weights.info("grid.to_q.weight") && shapeOf(sizes),
  known: [],
};

/** Writes a model of the family. */
export async function writeGridModel(dir: string): Promise<void> {
  const golden = new URL("../../goldens/sd-tiny/", import.meta.url);
  for (const name of ["scheduler", "text_encoder", "tokenizer", "vae"]) {
    await cp(new URL(name, golden), join(dir, name), { recursive: true });
  }
  await Deno.mkdir(join(dir, "grid"));
  const json = (name: string, value: unknown) =>
    Deno.writeTextFile(join(dir, name), JSON.stringify(value));
  await json("model_index.json", { _class_name: "GridPipeline" });
  await json("grid/config.json", sizes);
  const shapes = [step(sizes, anySize), textKeyValues(sizes)]
    .flatMap((program) => [...listWeights(program)]);
  await writeSafetensors(
    join(dir, "grid", "diffusion_pytorch_model.safetensors"),
    new Map(shapes.map(([name, shape], i) => {
      const count = shape.reduce((product, one) => product * one, 1);
      const data = Float32Array.from(noise(count, i), (value) => value / 8);
      return [name, { shape, data }];
    })),
  );
}

function parse(value: unknown, place: ConfigPlace) {
  const number = v.number();
  const fields = { channels: number, width: number, text: number };
  return parseConfig(fields, value, place);
}

function layersOf({ text, width }: Config): AttentionLayers {
  const at = { layer: 0, path: "grid", width, heads: 2, level: 0 };
  return {
    textWidth: text,
    places: (size) => ({
      ...{ size, skips: [], levels: [] },
      sites: [{ kind: "cross", size, ...at }],
    }),
  };
}

function step(config: Config, { size }: DenoiserForm): Program {
  const { channels, width } = config;
  const { height, width: across } = size;
  const image: Signature = {
    kind: "image",
    shape: ["batch", channels, height, across],
  };
  const text: Signature = {
    kind: "float",
    shape: ["batch", "text_tokens", width],
  };
  return {
    name: `grid_${across}x${height}`,
    inputs: {
      ...{ sample: image, "text_k.0": text, "text_v.0": text },
      time: { kind: "float", shape: ["batch", 1] },
    },
    outputs: { prediction: image },
    run: <T>(ops: Ops<T>, p: Params<T>, inputs: Values<T>) => {
      const [text] = readText(inputs, 1);
      const into = p.get("into.weight", [width, channels, 1, 1]);
      const x = ops.addChannels(
        ops.conv2d(inputs.sample!, into, undefined),
        ops.linear(inputs.time!, p.get("time.weight", [width, 1])),
      );
      const tokens = ops.tokens(ops.silu(x));
      const q = ops.linear(tokens, p.get("grid.to_q.weight", [width, width]));
      const seen = ops.attention(q, text!.k, text!.v, { heads: 2 });
      const hidden = ops.image(ops.add(tokens, seen), size);
      const out = p.get("out.weight", [channels, width, 1, 1]);
      return { prediction: ops.conv2d(hidden, out, undefined) };
    },
  };
}

function textKeyValues(
  config: Config,
  adapters?: DenoiserForm["adapters"],
): Program {
  return keyValueProgram(
    layersOf(config),
    "text_key_value",
    (ops, p, tokens, { path, width }, from) => ({
      k: ops.linear(tokens, p.get(`${path}.to_k.weight`, [width, from])),
      v: ops.linear(tokens, p.get(`${path}.to_v.weight`, [width, from])),
    }),
    adapters,
  );
}

function times(timesteps: readonly number[]) {
  const shares = Float32Array.from(timesteps, (time) => time / 1000);
  return { time: tensor([timesteps.length, 1], shares) };
}

function shapeOf(config: Config): DenoiserShape {
  return {
    ...layersOf(config),
    programs: (form) => [
      step(config, form),
      textKeyValues(config, form.adapters),
    ],
    step: (form) => step(config, form),
    textKeyValues: ({ adapters }) => textKeyValues(config, adapters),
    rowInputs: ({ timesteps }) => times(timesteps),
  };
}

async function open(
  source: ModelSource,
  options: OpenBaseOptions = {},
): Promise<Base> {
  const part = <C>(name: string, parse: Parse<C>) =>
    openSourcePart(source, name, parse, {
      ...options,
      rename: (weights) => renameWeights(weights, currentVaeName),
    });
  const text = await part("text_encoder", parseClipTextConfig);
  const grid = await part("grid", parse);
  const vae = await part("vae", parseVaeConfig);
  const { value, file } = await source.scheduler();
  const tokenizer = source.tokenizer("tokenizer");
  const parts: NamedPart[] = [
    { ...text, name: "text_encoder", kinds: ["clip-text"], expected: "CLIP" },
    { ...grid, name: "grid", kinds: ["unet"], expected: "grid" },
    { ...vae, name: "vae", kinds: ["vae"], expected: "VAE" },
  ];
  const programs = (form: DenoiserForm): NamedProgram[] => {
    const weights = weightsWith(grid.weights, form.adapters);
    const own = { part: "grid", weights };
    return [
      {
        ...{ name: "text_encoder", part: "text_encoder", onceAScene: true },
        weights: text.weights,
        program: () => clipTextProgram(text.config),
      },
      { ...own, name: "unet", program: () => step(grid.config, form) },
      {
        ...{ ...own, name: "text_key_value" },
        program: () => textKeyValues(grid.config, form.adapters),
      },
      ...Object.entries(vaePrograms(vae.config, form.size))
        .map(([name, program]) => ({
          ...{ name, part: "vae", weights: vae.weights, program },
        })),
    ];
  };
  const factor = vaeFactor(vae.config);
  return {
    ...layersOf(grid.config),
    ...{ family: "grid", folder: source.path, parts, programs },
    denoiser: shapeOf(grid.config),
    latent: {
      ...{ channels: grid.config.channels, factor, shift: 0 },
      scale: vae.config.scaling_factor,
    },
    nativeSize: { height: 8 * factor, width: 8 * factor },
    sizeStep: factor,
    scheduler: parseSchedulerConfig(value, { file }).config,
    schedulerFile: file,
    defaults: { guidance: 1, steps: 2 },
    tokenizers: { tokenizer },
    ...sdText({ text, tokenizer }),
    stepInputs: () => times,
    check: () =>
      parts.forEach((one) =>
        checkPart(
          one,
          programs(anySize).filter(({ part }) => part === one.name)
            .map(({ program }): Program => program()),
        )
      ),
  };
}

type Parse<C> = Parameters<typeof openSourcePart<C>>[2];
