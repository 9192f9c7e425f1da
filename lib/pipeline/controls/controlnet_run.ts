import { residualName } from "../../adapters/controlnet/control_graph.ts";
import { controlnetPrograms } from "../../adapters/controlnet/controlnet.ts";
import {
  shapeResiduals,
  sumResiduals,
} from "../../adapters/controlnet/residuals.ts";
import { computeKeyValues } from "../../bases/key_values.ts";
import { textInputs } from "../../bases/text_inputs.ts";
import { inNameOf } from "../../core/error.ts";
import { checkFinite } from "../../core/finite.ts";
import { type Tensor, zeros } from "../../core/tensor.ts";
import { sliceBatch } from "../../core/tensor_rows.ts";
import type { Program, Runner, Values } from "../../ops/executor.ts";
import type { DenoiserCall } from "../denoise/denoise_options.ts";
import {
  actsAt,
  type ControlContext,
  controlProgramName,
  type ControlUnit,
} from "./control_unit.ts";

type Controlnet = Extract<ControlUnit["control"], { kind: "controlnet" }>;

/** Residuals of one unit at an evaluation. */
type UnitRun = (call: DenoiserCall) => Promise<Values<Tensor>>;

/**
 * The residuals of several ControlNets at an evaluation, summed. A unit that does not act, or whose
 * scale is 0, is not run.
 */
export async function controlnetRun(
  units: readonly ControlUnit[],
  context: ControlContext,
): Promise<UnitRun> {
  const runs: { unit: ControlUnit; run: UnitRun }[] = [];
  for (const unit of units) {
    const run = await inNameOf(unit.name, () => unitRun(unit, context));
    runs.push({ unit, run });
  }
  return async (call) => {
    const acting = runs.filter(({ unit }) =>
      unit.scale > 0 && actsAt(unit, call.call, call.calls)
    );
    if (acting.length === 0) return noResiduals(context, call);
    const all: Values<Tensor>[] = [];
    for (const { unit, run } of acting) {
      all.push(await inNameOf(unit.name, () => run(call)));
    }
    return sumResiduals(all);
  };
}

/** A ControlNet that is compiled, with what does not change between evaluations. */
interface PreparedUnit {
  readonly runner: Runner;
  /** Keys and values of the text. */
  readonly text: Values<Tensor>;
  readonly embedding: Tensor;
}

async function prepareUnit(
  { id, hint }: ControlUnit,
  { config, weights, folder }: Controlnet,
  context: ControlContext,
): Promise<PreparedUnit> {
  const programs = controlnetPrograms(config, context.latent);
  const compile = (make: () => Program, kind: string) => {
    const program = make();
    const name = controlProgramName(program.name, id);
    const options = { inputsComeAgain: kind === "controlnet" };
    return context.compile({
      program: { ...program, name },
      weights,
      kind: `${kind}_${id}`,
      options,
    });
  };
  const embed = await compile(programs.hint, "control_hint");
  const { embedding } = await embed.run({ hint });
  const { text_key_value: textProgram } = programs;
  const text = textProgram === undefined ? {} : textInputs(
    await computeKeyValues(
      await compile(textProgram, "control_text"),
      context.tokens,
      {
        stage: "ControlNet's keys and values of text",
        files: folder,
      },
    ),
  );
  const runner = await compile(programs.residuals, "controlnet");
  return { runner, text, embedding: embedding! };
}

async function unitRun(
  unit: ControlUnit,
  context: ControlContext,
): Promise<UnitRun> {
  const { control } = unit;
  if (control.kind !== "controlnet") throw new TypeError("Not a ControlNet");
  const { config } = control;
  const { runner, text, embedding } = await prepareUnit(unit, control, context);
  const guess = unit.guess || config.global_pool_conditions;
  const pick = lastRows();
  return async (call) => {
    const rows = guess ? 1 : call.sample.shape[0]!;
    const inputs = { ...text, ...call.time, sample: call.sample };
    const residuals = await runner.run({
      ...only(pick(inputs, rows), runnerInputs(config)),
      ...pick(text, rows),
      hint: embedding,
    });
    for (const one of Object.values(residuals)) {
      checkFinite(one, {
        stage: `ControlNet at step ${call.step + 1} of ${call.total}`,
        files: control.folder,
      });
    }
    return shapeResiduals(residuals, {
      scale: unit.scale,
      guess,
      pooled: config.global_pool_conditions,
      region: unit.region,
      rows: call.sample.shape[0]!,
    });
  };
}

/** The inputs that depend on the evaluation. */
function runnerInputs(
  { projection_class_embeddings_input_dim: added }: {
    projection_class_embeddings_input_dim?: number | null;
  },
): string[] {
  return ["sample", "time", ...(added ? ["added"] : [])];
}

function only<V>(values: Values<V>, names: readonly string[]): Values<V> {
  return Object.fromEntries(names.map((name) => [name, values[name]!]));
}

/** Keeps the last rows of whatever has more, each tensor cut once, so that it may stay on the device. */
function lastRows(): (values: Values<Tensor>, rows: number) => Values<Tensor> {
  const cut = new WeakMap<Tensor, Tensor>();
  const last = (x: Tensor, rows: number) => {
    const all = x.shape[0]!;
    if (all <= rows) return x;
    if (!cut.has(x)) cut.set(x, sliceBatch(x, all - rows, all));
    return cut.get(x)!;
  };
  return (values, rows) =>
    Object.fromEntries(
      Object.entries(values).map(([name, x]) => [name, last(x, rows)]),
    );
}

/** Nothing to add, in the shape of residuals. */
function noResiduals(
  { places }: ControlContext,
  { sample }: DenoiserCall,
): Values<Tensor> {
  const rows = sample.shape[0]!;
  return Object.fromEntries(places.skips.map(({ index, channels, size }) => [
    residualName(index),
    zeros([rows, channels, size.height, size.width]),
  ]));
}
