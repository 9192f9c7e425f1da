import { anyText, callback, type Kind, text, whole } from "../core/kinds.ts";
import { suggestion } from "../core/known_keys.ts";
import { quote } from "../core/quote.ts";
import { type Registry, registry } from "../core/registry.ts";
import { checkSamplerOptions } from "./check_sampler_options.ts";
import { foreignSampler } from "./foreign_names.ts";
import {
  type NoiseSchedule,
  noiseSchedule,
  type SchedulerConfig,
} from "./noise_schedule.ts";
import { checkOwnSettings } from "./own_settings.ts";
import type { SamplerKind, SamplerPlan } from "./sampler.ts";
import {
  type SamplerOptions,
  samplerOptions,
  type SamplerOptionValue,
} from "./sampler_options.ts";
import { ddim } from "./samplers/ddim.ts";
import { ddpm } from "./samplers/ddpm.ts";
import { deis } from "./samplers/deis.ts";
import { dpm2 } from "./samplers/dpm2.ts";
import { dpm2Ancestral } from "./samplers/dpm2_ancestral.ts";
import { dpm2m } from "./samplers/dpmpp_2m.ts";
import { dpm2mSde } from "./samplers/dpmpp_2m_sde.ts";
import { dpm2s } from "./samplers/dpmpp_2s.ts";
import { dpm3m } from "./samplers/dpmpp_3m.ts";
import { dpmSde } from "./samplers/dpmpp_sde.ts";
import { euler } from "./samplers/euler.ts";
import { eulerAncestral } from "./samplers/euler_ancestral.ts";
import { flowEuler } from "./samplers/flow_euler.ts";
import { heun } from "./samplers/heun.ts";
import { lcm } from "./samplers/lcm.ts";
import { pndm } from "./samplers/pndm.ts";
import { tcd } from "./samplers/tcd.ts";
import { unipc } from "./samplers/unipc.ts";
import { settingsOfConfig } from "./settings_of_config.ts";

/** The samplers of this package, in the order of tables. */
export const builtInSamplers = [
  ddim,
  dpm2m,
  dpm3m,
  dpm2mSde,
  dpm2s,
  dpmSde,
  euler,
  eulerAncestral,
  heun,
  dpm2,
  dpm2Ancestral,
  unipc,
  deis,
  pndm,
  ddpm,
  lcm,
  tcd,
  flowEuler,
] as const;

/** Name of a sampler: one of this package's, with the two older names of DPM-Solver++(2M), or an added one. */
export type SamplerName =
  | typeof builtInSamplers[number]["name"]
  | "dpm++"
  | "dpm++-karras"
  | (string & Record<never, never>);

/** Options of any sampler, those that it alone has among them. */
export type AnySamplerOptions =
  & SamplerOptions
  & { readonly [own: string]: SamplerOptionValue };

/** A sampler by name, or by name with its options. */
export type SamplerChoice =
  | SamplerName
  | (AnySamplerOptions & { readonly name: SamplerName });

const namesOfShared: Kind = {
  must: `a list of shared options: ${Object.keys(samplerOptions).join(", ")}`,
  is: (value) => value === undefined || Array.isArray(value),
  allows: (value?: readonly string[]) =>
    (value ?? []).every((name) => Object.hasOwn(samplerOptions, name)),
};

const ownTable: Kind = {
  must: "a table of options with a summary each, none of them name or steps",
  is: (value) => value === undefined || isObject(value),
  allows: (value: object = {}) =>
    !("name" in value) && !("steps" in value) &&
    Object.values(value).every((one) =>
      isObject(one) && "summary" in one && typeof one.summary === "string"
    ),
};

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The samplers that exist, in the order of tables; a program can add its own. */
export const samplers: Registry<SamplerKind> = registry<SamplerKind>(
  builtInSamplers,
  {
    of: "samplers.add",
    entry: "Sampler",
    nameOf: ({ name }) => name,
    needs: {
      name: text("a name"),
      summary: anyText,
      takes: namesOfShared,
      options: ownTable,
      steps: whole({ min: 1 }),
      plan: callback,
    },
  },
);

/** Every name of a sampler, aliases behind. */
export function samplerNames(): string[] {
  return [
    ...[...samplers].map(({ name }) => name),
    ...[...samplers].flatMap(({ aliases = {} }) => Object.keys(aliases)),
  ];
}

/** A sampler and the options of a run. */
export interface ChosenSampler {
  readonly kind: SamplerKind;
  readonly options: SamplerOptions;
}

/**
 * The sampler of a name with its options, checked.
 *
 * @throws {RangeError} if no sampler has the name, or an option is out of range.
 * @throws {TypeError} if the sampler does not take an option.
 */
export function chooseSampler(
  choice: SamplerChoice,
): ChosenSampler {
  const { name, ...options } = typeof choice === "string"
    ? { name: choice }
    : choice;
  for (const kind of samplers) {
    const alias = kind.name === name ? {} : kind.aliases?.[name];
    if (alias === undefined) continue;
    checkSamplerOptions(kind, options, samplers);
    return { kind, options: { ...alias, ...options } };
  }
  const foreign = typeof name === "string" ? foreignSampler(name) : undefined;
  throw new RangeError(
    foreign === undefined
      ? `Sampler ${quote(name)} is not known${suggestion(name, samplerNames())}`
      : `Sampler ${quote(name)} is called ${foreign} here`,
  );
}

/**
 * Lays out a run of the chosen sampler; options that were not given come from the model's config.
 *
 * @throws {RangeError} if the schedule cannot be run in that many steps, or by this sampler.
 * @throws {LocRefError} `config-invalid` if the config requests what the sampler does not have.
 */
export function planRun(
  read: NoiseSchedule,
  { kind, options: given }: ChosenSampler,
  steps: number = kind.steps,
): SamplerPlan {
  const schedule = completed(read, kind);
  checkFlow(schedule, kind);
  checkOwnSettings(kind.name, schedule, kind.follows ?? {});
  const options = {
    ...kind.defaults,
    ...ownSettings(kind, schedule.config),
    ...given,
  };
  if (options.timesteps && options.sigmas) {
    throw new RangeError(
      `Timesteps by hand and sigmas "${options.sigmas}" exclude each other`,
    );
  }
  const { spacing: timestepSpacing = schedule.timestepSpacing } = options;
  return checkedPlan(
    kind.name,
    kind.plan({ ...schedule, timestepSpacing }, {
      ...options,
      steps: options.timesteps?.length ?? steps,
    }),
  );
}

/** A schedule whose config lacks no key of which the sampler's class has a default of its own. */
function completed(
  schedule: NoiseSchedule,
  { scheduler: { defaults = {} } = { name: "" } }: SamplerKind,
): NoiseSchedule {
  const { config } = schedule;
  const lacking = Object.entries(defaults).filter(([key]) =>
    config[key as keyof SchedulerConfig] == null
  );
  if (lacking.length === 0) return schedule;
  return noiseSchedule({ ...config, ...Object.fromEntries(lacking) });
}

/** A plan of a sampler that may be the program's own. */
function checkedPlan(name: string, plan: unknown): SamplerPlan {
  const { run, timesteps } = (plan ?? {}) as Partial<SamplerPlan>;
  if (typeof run === "function" && Array.isArray(timesteps)) {
    return plan as SamplerPlan;
  }
  throw new TypeError(
    `Method plan of sampler ${quote(name)} must return a plan, got ${
      quote(plan)
    }`,
  );
}

function checkFlow({ predictionType }: NoiseSchedule, kind: SamplerKind): void {
  const flows = predictionType === "flow";
  if (flows === (kind.flow ?? false)) return;
  throw new RangeError(
    flows
      ? `Sampler "${kind.name}" cannot run a model that predicts a flow: use flow-euler`
      : `Sampler "${kind.name}" runs models that predict a flow, this one predicts ${predictionType}`,
  );
}

/** Settings of the config that the sampler takes. */
function ownSettings(
  kind: SamplerKind,
  config: SchedulerConfig,
): SamplerOptions {
  const settings = settingsOfConfig(config);
  const { takes = [], scheduler: { lacks = [] } = {} } = kind;
  return Object.fromEntries(
    takes.flatMap((key) =>
      settings[key] === undefined || lacks.includes(key)
        ? []
        : [[key, settings[key]]]
    ),
  );
}
