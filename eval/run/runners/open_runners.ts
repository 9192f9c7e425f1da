/** Models of the columns: the run's own, and one for each runner. */

import type { MethodOptions } from "../../../lib/adapters/method_options.ts";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { quote } from "../../../lib/core/quote.ts";
import { loadModel } from "../../../lib/pipeline/load/load_model.ts";
import type { LoadedModel } from "../../../lib/pipeline/load/loaded_model.ts";
import type { LoadOptions } from "../../../lib/pipeline/options/load_options.ts";
import type { PictureOptions } from "../../../lib/pipeline/options/picture_options.ts";
import type { Column } from "../columns.ts";
import { type RunnerChoice, systemNames, systemOf } from "./runner.ts";

/** Settings of pictures that columns may differ in. */
export type ColumnSettings = Pick<
  PictureOptions,
  "steps" | "guidance" | "methods"
>;

/** Columns of one model, with the settings of their pictures. */
export interface OpenColumns {
  readonly model: LoadedModel;
  readonly columns: readonly Column[];
  readonly settings: ColumnSettings;
  /** The runner; absent for the run's own model, which the real pictures and those of others stand with too. */
  readonly runner?: RunnerChoice;
}

/** The run's model, its parts, and settings of all columns. */
export interface ModelChoice {
  readonly model: string;
  readonly parts: LoadOptions;
  readonly settings: ColumnSettings;
}

/**
 * Opens the models of all columns, the run's own first. Reads no weights: each model takes memory when
 * its first picture is made.
 *
 * @throws {UsageError} if a column names a system that its model does not have, or settings belong to
 * none.
 * @throws {LocRefError} as `loadModel` does.
 */
export async function openColumns(
  columns: readonly Column[],
  { model: name, parts, settings }: ModelChoice,
): Promise<OpenColumns[]> {
  const opened: OpenColumns[] = [];
  const add = async (own: Omit<OpenColumns, "model">, load: ModelChoice) => {
    const model = await loadModel(load.model, load.parts);
    const { methods, ...rest } = own.settings;
    const acting = actingMethods(methods, model);
    opened.push({
      ...{ ...own, model },
      settings: { ...rest, ...(acting && { methods: acting }) },
    });
  };
  try {
    const own = columns.filter(({ runner }) => runner === undefined);
    await add({ columns: own, settings }, { model: name, parts, settings });
    for (const column of columns) {
      const { runner } = column;
      if (runner === undefined) continue;
      const { steps = settings.steps, guidance = settings.guidance } = runner;
      await add(
        {
          runner,
          columns: [column],
          settings: { ...settings, steps, guidance },
        },
        {
          model: runner.model ?? name,
          parts: partsOf(runner, parts),
          settings,
        },
      );
    }
    opened.forEach(checkSystems);
    checkMethods(settings.methods, opened);
  } catch (error) {
    await closeColumns(opened);
    throw error;
  }
  return opened;
}

/** Frees the models of all columns. */
export async function closeColumns(
  opened: readonly OpenColumns[],
): Promise<void> {
  for (const { model } of opened) await model.dispose();
}

/** Parts of the run's model serve a runner as long as it has no other model. */
function partsOf(
  { model, adapters, parts }: RunnerChoice,
  run: LoadOptions,
): LoadOptions {
  const shared = model === undefined ? run : { backend: run.backend };
  return { ...shared, adapter: adapters, ...parts };
}

/** The settings of a model's own adapters. */
function actingMethods(
  methods: MethodOptions | undefined,
  { parts: { adapters } }: LoadedModel,
): MethodOptions | undefined {
  const kinds = adapters.map(({ kind }) => kind);
  const own = Object.entries(methods ?? {})
    .filter(([kind]) => kinds.includes(kind));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** A column of a system's name must be that system. */
function checkSystems({ model, columns, runner }: OpenColumns): void {
  const systems = model.parts.adapters.map(systemOf);
  for (const { id, system } of columns) {
    if (system === undefined || systems.includes(system)) continue;
    if (runner === undefined) {
      throw new UsageError(
        `Column ${quote(id)} needs its adapter, give --runner ${id}=FILE`,
      );
    }
    throw new LocRefError(
      "checkpoint-mismatch",
      `Runner ${quote(runner.name)} names ${
        quote(runner.adapters[0])
      }, which is of ${systems.join(", ")}: call it ${
        systems[0]
      }, or by a name that is none of ${systemNames.join(", ")}`,
    );
  }
}

function checkMethods(
  methods: MethodOptions | undefined,
  opened: readonly OpenColumns[],
): void {
  const kinds = opened.flatMap(({ model }) =>
    model.parts.adapters.map(({ kind }) => kind)
  );
  const other = Object.keys(methods ?? {})
    .find((kind) => !kinds.includes(kind));
  if (other === undefined) return;
  throw new UsageError(
    `Option --method sets ${other}, which no column has: name it in --columns, or leave the option out`,
  );
}
