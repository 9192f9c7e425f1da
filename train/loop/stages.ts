import * as v from "valibot";
import { callback, text } from "../../lib/core/kinds.ts";
import { type Registry, registry } from "../../lib/core/registry.ts";
import { trainingFields } from "./config.ts";
import type { ConfigSchema } from "./config_schema.ts";
import type { TrainingConfig } from "./training_config.ts";
import type { OpenStage, Stage, StageContext, StageModule } from "./stage.ts";

/** A kind of training in the list of stages. */
export interface TrainingStage {
  /** The name that a config's `stage` has. */
  readonly name: string;
  /**
   * Schema of the config. Without one the fields that every stage has are checked, and all others
   * come to `open` as they stand.
   */
  readonly schema?: ConfigSchema<TrainingConfig>;
  /** Opens data and weights. */
  open(
    config: TrainingConfig & Readonly<Record<string, unknown>>,
    context: StageContext,
  ): Promise<OpenStage>;
}

/** A stage of this package, whose module is loaded when it is used. */
interface LazyStage {
  readonly name: string;
  load(): Promise<StageModule>;
}

// Named in two parts, as the modules of `cli.ts`.
const builtIn: readonly LazyStage[] = [
  { name: "locref", load: () => import(`../locref${"/stage.ts"}`) },
  { name: "gligen", load: () => import(`../baselines${"/gligen/stage.ts"}`) },
  { name: "migc", load: () => import(`../baselines${"/migc/stage.ts"}`) },
  {
    name: "ms-diffusion",
    load: () => import(`../baselines${"/ms_diffusion/stage.ts"}`),
  },
  {
    name: "ip-adapter",
    load: () => import(`../baselines${"/ip_adapter/stage.ts"}`),
  },
  {
    name: "pocket-vae",
    load: () => import(`../pocket${"/stages/vae_stage.ts"}`),
  },
  {
    name: "pocket-clip",
    load: () => import(`../pocket${"/stages/clip_stage.ts"}`),
  },
  {
    name: "pocket-unet",
    load: () => import(`../pocket${"/stages/unet_stage.ts"}`),
  },
  {
    name: "pocket-detector",
    load: () => import(`../pocket${"/stages/detector_stage.ts"}`),
  },
];

/** The stages that exist, in the order of tables; a program can add its own. */
export const trainingStages: Registry<TrainingStage> = registry<TrainingStage>(
  builtIn.map(({ name, load }) => ({
    name,
    open: async (config, context) =>
      await (await load()).stage.open(config, context),
  })),
  {
    of: "trainingStages.add",
    entry: "Training stage",
    nameOf: ({ name }) => name,
    needs: { name: text("a name"), open: callback },
  },
);

/** The names of all stages. */
export function stageNames(): string[] {
  return [...trainingStages].map(({ name }) => name);
}

/** The stage of a name, with the schema of its config. */
export async function openStageNamed(
  name: string,
): Promise<Stage<TrainingConfig> | undefined> {
  const own = builtIn.find((one) => one.name === name);
  if (own !== undefined) return (await own.load()).stage;
  const stage = [...trainingStages].find((one) => one.name === name);
  if (stage === undefined) return undefined;
  const { schema = v.looseObject(trainingFields) } = stage;
  return {
    schema,
    open: (config, context) =>
      stage.open(config as Parameters<TrainingStage["open"]>[0], context),
  };
}
