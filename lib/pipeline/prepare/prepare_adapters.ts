import type {
  AdapterRun,
  AdapterScene,
  PreparedAdapter,
} from "../../adapters/adapter.ts";
import type { Size } from "../../core/geometry.ts";
import { modelPrograms } from "../load/model_programs.ts";
import type { ConditionOptions } from "../options/condition_options.ts";
import type { PreparingModel } from "./preparing_model.ts";
import { latentSize } from "./render_size.ts";

/** Options of preparing a scene. */
export interface PrepareSceneOptions {
  /** Size of the picture, in pixels. */
  size: Size;
  /** Whether the batch begins with the unconditional branch. */
  guided: boolean;
  /** Guidance scale. */
  guidance: number;
  /** Second texts, layers left out, and sizes. @default {none} */
  conditions?: ConditionOptions;
  /** Settings of the run in place of the adapters' own, by kind of adapter. */
  settings: Readonly<Record<string, object>>;
}

/** Prepares every adapter of a model for a scene, in their order. */
export async function prepareAdapters(
  model: PreparingModel,
  scene: AdapterScene,
  options: PrepareSceneOptions,
): Promise<PreparedAdapter[]> {
  const { base, adapters } = model.parts;
  const { size, guided, guidance } = options;
  const latent = latentSize(model, size);
  const programs = modelPrograms(model.parts, { size: latent });
  const prepared: PreparedAdapter[] = [];
  for (const [i, adapter] of adapters.entries()) {
    const nameOf = (name: string) =>
      programs.find((one) => one.owner === i && one.ownName === name)?.name ??
        name;
    const run: AdapterRun = {
      ...{ base, size, latent, guided, guidance },
      settings: { ...adapter.settings, ...options.settings[adapter.kind] },
      program: (name) => model.runners.program(nameOf(name), latent),
      stepProgram: (name) => model.stepRunners.program(nameOf(name), latent),
      encodeText: (texts) => base.encodeText(texts, model.runners),
    };
    prepared.push(await adapter.prepare(scene, run));
  }
  return prepared;
}
