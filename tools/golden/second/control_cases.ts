import { join } from "node:path";
import { openControl } from "../../../lib/adapters/controls/open_control.ts";
import {
  controlGraph,
  residualName,
} from "../../../lib/adapters/controlnet/control_graph.ts";
import {
  controlnetPrograms,
} from "../../../lib/adapters/controlnet/controlnet.ts";
import {
  type ResidualOptions,
  shapeResiduals,
  sumResiduals,
} from "../../../lib/adapters/controlnet/residuals.ts";
import { t2iAdapterProgram } from "../../../lib/adapters/t2i_adapter/t2i_adapter.ts";
import { t2iFeatures } from "../../../lib/adapters/t2i_adapter/t2i_features.ts";
import {
  namedFeatures,
  t2iGraph,
} from "../../../lib/adapters/t2i_adapter/t2i_graph.ts";
import {
  addedInput,
  timeSinusoids,
} from "../../../lib/bases/sd/time_embedding.ts";
import { textInputs } from "../../../lib/bases/text_inputs.ts";
import { type Tensor, tensor } from "../../../lib/core/tensor.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { Values } from "../../../lib/ops/executor.ts";
import { sizeOfImage } from "../encoder_cases.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { keyValuesOnce, readGoldens, runOnce } from "../golden_files.ts";
import { openUnet, type PlainInputs, plainUnet } from "./plain_unet.ts";

type Control = Extract<
  Awaited<ReturnType<typeof openControl>>,
  { kind: "controlnet" }
>;
type Goldens = Record<string, Tensor>;

/** The cases of one call of ControlNets and T2I-Adapters, and of the UNet behind them. */
export function controlCases(): GoldenCase[] {
  const of = (
    name: string,
    run: (context: GoldenContext) => Promise<number>,
  ) => ({ name: `controlnet.${name}`, bound: 1e-4, run });
  return [
    of("residuals", (context) => residuals(context, "controlnet-sd15")),
    of(
      "ldm",
      (context) => residuals(context, "controlnet-sd15-ldm.safetensors"),
    ),
    of("out", (context) => out(context, "out", [{ scale: 1 }])),
    of("out_scaled", (context) => out(context, "out_scaled", [{ scale: 0.6 }])),
    of(
      "out_two",
      (context) => out(context, "out_two", [{ scale: 1 }, { scale: 0.5 }]),
    ),
    of(
      "out_guess",
      (context) => out(context, "out_guess", [{ scale: 0.8, guess: true }]),
    ),
    of("sdxl", sdxl),
    { name: "t2i_adapter", bound: 1e-4, run: (one) => t2i(one, "sd15") },
    { name: "t2i_adapter.xl", bound: 1e-4, run: (one) => t2i(one, "sdxl") },
  ];
}

async function open(dir: string, file: string): Promise<Control> {
  const folder = join(dir, "controlnet-sd15");
  const { config } = await openControl(folder) as Control;
  const path = join(dir, file);
  const options = file.endsWith(".safetensors") ? { config } : {};
  return await openControl(path, options) as Control;
}

async function residuals(
  context: GoldenContext,
  file: string,
): Promise<number> {
  const goldens = await readGoldens(context.dir, "controlnet");
  const control = await open(context.dir, file);
  const made = await run(context, control, goldens, goldens.hint!);
  return errors(made, goldens);
}

/** The largest error of all residuals. */
function errors(made: Values<Tensor>, goldens: Goldens): number {
  const names = Object.keys(goldens).filter((name) =>
    /^(down\.\d+|mid)$/.test(name)
  );
  if (names.length !== Object.keys(made).length) return Infinity;
  return Math.max(...names.map((name) => {
    const index = name === "mid" ? "mid" : Number(name.slice(5));
    return relativeError(made[residualName(index)]!, goldens[name]!);
  }));
}

async function run(
  { executor }: GoldenContext,
  { config, weights }: Control,
  goldens: Goldens,
  hint: Tensor,
): Promise<Values<Tensor>> {
  const programs = controlnetPrograms(config, sizeOfImage(goldens.sample!));
  const { embedding } = await runOnce(executor, programs.hint(), {
    weights,
    inputs: { hint },
  });
  const text = await keyValuesOnce(executor, programs.text_key_value!(), {
    ...{ weights, tokens: goldens.encoder_hidden_states! },
  });
  const { text_embeds: pooled, time_ids: ids } = goldens;
  return await runOnce(executor, programs.residuals(), {
    weights,
    inputs: {
      sample: goldens.sample!,
      time: timeSinusoids([...goldens.timestep!.data], config),
      ...(pooled && ids ? { added: addedInput(pooled, ids, config) } : {}),
      hint: embedding!,
      ...textInputs(text),
    },
  });
}

async function out(
  context: GoldenContext,
  name: string,
  units: readonly ResidualOptions[],
): Promise<number> {
  const goldens = await readGoldens(context.dir, "controlnet");
  const control = await open(context.dir, "controlnet-sd15");
  const hints = [goldens.hint!, goldens.hint_2!];
  const all: Values<Tensor>[] = [];
  for (const [i, unit] of units.entries()) {
    const made = await run(context, control, goldens, hints[i]!);
    all.push(shapeResiduals(made, unit));
  }
  const { prediction } = await predict(context, "sd15-tiny/unet", goldens, {
    adapters: [controlGraph],
    inputs: sumResiduals(all),
  });
  return relativeError(prediction, goldens[name]!);
}

async function sdxl(context: GoldenContext): Promise<number> {
  const goldens = await readGoldens(context.dir, "controlnet_sdxl");
  const path = join(context.dir, "controlnet-sdxl");
  const control = await openControl(path) as Control;
  const own = await run(context, control, goldens, goldens.hint!);
  const made = shapeResiduals(own, { scale: 0.7 });
  const { prediction } = await predict(context, "sdxl-tiny/unet", goldens, {
    adapters: [controlGraph],
    inputs: made,
  });
  return Math.max(
    errors(made, goldens),
    relativeError(prediction, goldens.out!),
  );
}

async function t2i(
  context: GoldenContext,
  kind: "sd15" | "sdxl",
): Promise<number> {
  const { dir, executor } = context;
  const all = await readGoldens(dir, "t2i_adapter");
  const prefix = kind === "sdxl" ? "xl." : "";
  const goldens: Goldens = { hint: all.hint! };
  for (const [name, value] of Object.entries(all)) {
    if (name.startsWith(prefix)) goldens[name.slice(prefix.length)] = value;
  }
  const control = await openControl(join(dir, `t2i-adapter-${kind}`));
  if (control.kind !== "t2i-adapter") return Infinity;
  const { config, weights } = control;
  const features = await t2iFeatures(
    goldens.hint!,
    config,
    (level, size) =>
      executor.compile(t2iAdapterProgram(config, level, size), weights),
  );
  const unet = await openUnet(dir, `${kind}-tiny/unet`);
  const scaled = features.map((one) =>
    tensor(one.shape, floats(one).map((value) => 0.8 * value))
  );
  const levels = unet.config.block_out_channels.length;
  const { prediction } = await predict(
    context,
    `${kind}-tiny/unet`,
    goldens,
    {
      adapters: [t2iGraph(features.length)],
      inputs: namedFeatures(scaled, levels),
    },
  );
  return Math.max(
    ...features.map((one, i) => relativeError(one, goldens[`feature.${i}`]!)),
    relativeError(prediction, goldens.out!),
  );
}

async function predict(
  context: GoldenContext,
  folder: string,
  goldens: Goldens,
  more: Pick<PlainInputs, "adapters" | "inputs">,
): Promise<{ prediction: Tensor }> {
  const unet = await openUnet(context.dir, folder);
  const prediction = await plainUnet(context, unet, {
    sample: goldens.sample!,
    timesteps: [...goldens.timestep!.data],
    text: goldens.encoder_hidden_states!,
    pooled: goldens.text_embeds,
    timeIds: goldens.time_ids,
    ...more,
  });
  return { prediction };
}
