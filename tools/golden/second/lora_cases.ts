import { join } from "node:path";
import {
  type ClipTextForm,
  clipTextProgram,
  pooledText,
} from "../../../lib/encoders/clip_text.ts";
import type { Tensor } from "../../../lib/core/tensor.ts";
import { concatWidth } from "../../../lib/core/tensor_rows.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import { parseClipTextConfig } from "../../../lib/weights/configs/clip_config.ts";
import { LoraSet } from "../../../lib/weights/lora/apply_loras.ts";
import { openLora } from "../../../lib/weights/lora/lora_file.ts";
import { openPart } from "../../../lib/weights/open_part.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens, runOnce } from "../golden_files.ts";
import { openUnet, plainUnet } from "./plain_unet.ts";

/** `lora.json`, as far as it is read. */
interface LoraFile {
  readonly scale: number;
  readonly cases: Readonly<Record<string, LoraCase>>;
  readonly sdxl: Readonly<Record<string, string>>;
  readonly optional: {
    readonly scale: number;
    readonly files: Readonly<Record<string, string>>;
  };
}

interface LoraCase {
  readonly files: readonly string[];
  readonly scales: readonly number[];
}

/** The cases of LoRA files on SD 1.5 and SDXL: outputs, and some merged weights. */
export async function loraCases(dir: string): Promise<GoldenCase[]> {
  const file = await readJson<LoraFile>(join(dir, "lora.json"))
    .catch(() => undefined);
  if (file === undefined) return [];
  const { scale, optional } = file;
  const one = (name: string, scale: number) => ({
    files: [name],
    scales: [scale],
  });
  const cases = [
    ...Object.entries(file.cases),
    ...Object.entries(optional.files).map(([name, path]) =>
      [name, one(path, optional.scale)] as const
    ),
  ];
  return [
    ...cases.map(([name, loras]) => ({
      name: `lora.${name}`,
      bound: 1e-4,
      run: (context: GoldenContext) => plain(context, name, loras),
    })),
    {
      name: "lora.merged",
      bound: 1e-6,
      run: (context) => merged(context, file),
    },
    ...Object.entries(file.sdxl).map(([name, path]) => ({
      name: `lora.sdxl.${name}`,
      bound: 1e-4,
      run: (context: GoldenContext) => sdxl(context, name, one(path, scale)),
    })),
  ];
}

/** The files of a case, ready to be merged. */
export async function loraSet(dir: string, loras: LoraCase): Promise<LoraSet> {
  const opened = [];
  for (const [i, name] of loras.files.entries()) {
    const scale = loras.scales[i]!;
    const file = await openLora(join(dir, "lora", name));
    opened.push({ file, scale, textScale: scale });
  }
  return new LoraSet(opened);
}

async function plain(
  context: GoldenContext,
  name: string,
  loras: LoraCase,
): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "lora");
  const set = await loraSet(dir, loras);
  const { config, weights } = await openUnet(dir, "sd15-tiny/unet");
  const prediction = await plainUnet(
    context,
    { config, weights: set.merge("unet", weights) },
    {
      sample: goldens.sample!,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
    },
  );
  const text = goldens[`${name}.last_hidden_state`];
  const hidden = await encoded(context, set, {
    model: "sd15-tiny",
    part: "text_encoder",
    ids: goldens.input_ids!,
  });
  checkNothingLeft(set);
  return Math.max(
    relativeError(prediction, goldens[`${name}.out`]!),
    text === undefined ? 0 : relativeError(hidden.hidden!, text),
  );
}

/** Weights of which the set holds the merged values. */
async function merged(
  { dir }: GoldenContext,
  { scale }: LoraFile,
): Promise<number> {
  const goldens = await readGoldens(dir, "lora");
  const { weights } = await openUnet(dir, "sd15-tiny/unet");
  let error = 0;
  for (const [key, expected] of Object.entries(goldens)) {
    const [, file, layer] = /^merged\.(\w+)\.(.*)$/.exec(key) ?? [];
    if (file === undefined) continue;
    const loras = { files: [`${file}.safetensors`], scales: [scale] };
    const set = await loraSet(dir, loras);
    const data = await set.merge("unet", weights).read(`${layer}.weight`);
    error = Math.max(
      error,
      relativeError({ shape: expected.shape, data }, expected),
    );
  }
  return error;
}

async function sdxl(
  context: GoldenContext,
  name: string,
  loras: LoraCase,
): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "lora_sdxl");
  const set = await loraSet(dir, loras);
  const { config, weights } = await openUnet(dir, "sdxl-tiny/unet");
  const prediction = await plainUnet(
    context,
    { config, weights: set.merge("unet", weights) },
    {
      sample: goldens.sample!,
      timesteps: [...goldens.timestep!.data],
      text: goldens.encoder_hidden_states!,
      pooled: goldens.text_embeds!,
      timeIds: goldens.time_ids!,
    },
  );
  const compared: [Tensor, Tensor | undefined][] = [
    [prediction, goldens[`${name}.out`]],
    ...await sdxlText(context, set, { name, goldens }),
  ];
  checkNothingLeft(set);
  return Math.max(
    ...compared.map(([actual, expected]) =>
      expected === undefined ? 0 : relativeError(actual, expected)
    ),
  );
}

async function sdxlText(
  context: GoldenContext,
  set: LoraSet,
  { name, goldens }: { name: string; goldens: Record<string, Tensor> },
): Promise<[Tensor, Tensor | undefined][]> {
  const { input_ids: ids, input_ids_2: ids2 } = goldens;
  const model = "sdxl-tiny";
  const form = { skip: 1, normed: false };
  const first = await encoded(context, set, {
    ...{ model, part: "text_encoder", ids: ids!, form },
  });
  const second = await encoded(context, set, {
    ...{ model, part: "text_encoder_2", ids: ids2! },
    form: { ...form, projected: true },
  });
  return [
    [
      concatWidth([first.hidden!, second.hidden!]),
      goldens[`${name}.prompt_embeds`],
    ],
    [pooledText(second.projected!, ids2!), goldens[`${name}.pooled_2`]],
  ];
}

async function encoded(
  { dir, executor }: GoldenContext,
  set: LoraSet,
  text: { model: string; part: string; ids: Tensor; form?: ClipTextForm },
): Promise<Record<string, Tensor>> {
  const { model, part, ids, form } = text;
  const { config, weights } = await openPart(
    join(dir, model, part),
    parseClipTextConfig,
  );
  return await runOnce(executor, clipTextProgram(config, form), {
    weights: set.merge(part, weights),
    inputs: { ids },
  });
}

/** Every tensor of the set's files has a place. */
function checkNothingLeft(set: LoraSet): void {
  for (const { path, left } of set.report()) {
    if (left.length === 0) continue;
    throw new RangeError(`${path}: ${left.length} left, such as ${left[0]}`);
  }
}
