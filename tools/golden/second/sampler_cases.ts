import { join } from "node:path";
import {
  type NoiseSchedule,
  noiseSchedule,
  type SchedulerConfig,
} from "../../../lib/ddim/noise_schedule.ts";
import type { SamplerPlan } from "../../../lib/ddim/sampler.ts";
import { planRun } from "../../../lib/ddim/samplers.ts";
import { samplerOfConfig } from "../../../lib/ddim/sampler_of_config.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import { withoutUndefined } from "../../../lib/core/without_undefined.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import type { GoldenCase } from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { rowError, trajectoryError } from "../trajectory.ts";

/** One setting of `samplers2.json`. */
interface Setting {
  readonly name: string;
  readonly scheduler: string;
  readonly config: SchedulerConfig;
  readonly steps: number | readonly number[];
  readonly timesteps: readonly number[];
  readonly initial_scale: number;
  readonly bound: number;
  readonly eta?: number;
  readonly mu?: number;
  readonly noised_at_call?: number;
}

/** The cases of `samplers2`, one a setting. */
export async function samplerCases(dir: string): Promise<GoldenCase[]> {
  const { cases } = await readJson<{ cases: Setting[] }>(
    join(dir, "samplers2.json"),
  );
  return cases.map((setting) => ({
    name: `sampler2.${setting.name}`,
    bound: setting.bound,
    async run({ dir }) {
      const goldens = await readGoldens(dir, "samplers2");
      const at = (key: string) => goldens[`${setting.name}.${key}`];
      const plan = planOf(setting);
      return Math.max(
        timestepError(plan, setting),
        Math.abs(plan.initialScale / setting.initial_scale - 1),
        trajectoryError(plan, {
          samples: at("samples")!,
          outputs: at("model_outputs")!,
          inputs: at("model_inputs"),
          noises: at("noises"),
        }),
        at("noised") === undefined ? 0 : rowError(
          plan.noised(
            floats(at("clean")!),
            floats(at("noise")!),
            stepOfCall(plan, setting.noised_at_call!),
          ),
          at("noised")!,
          0,
        ),
      );
    },
  }));
}

function planOf(setting: Setting): SamplerPlan {
  const { scheduler, steps, eta, mu } = setting;
  const config = { ...setting.config, _class_name: scheduler };
  const kind = samplerOfConfig(config);
  if (kind === undefined) {
    throw new RangeError(`No sampler runs ${scheduler}`);
  }
  const options = withoutUndefined({
    eta,
    mu,
    timesteps: typeof steps === "number" ? undefined : steps,
  });
  return planRun(
    scheduleOf(config, kind.flow),
    { kind, options },
    typeof steps === "number" ? steps : undefined,
  );
}

/** A flow has no betas: its config is not one that a model can be loaded with yet. */
function scheduleOf(config: SchedulerConfig, flow = false): NoiseSchedule {
  if (!flow) return noiseSchedule(config);
  return { ...noiseSchedule({}), predictionType: "flow", config };
}

/** Whole timesteps must be equal, others agree to a hundredth. */
function timestepError(plan: SamplerPlan, { timesteps }: Setting): number {
  if (plan.timesteps.length !== timesteps.length) return Infinity;
  const wrong = timesteps.some((t, i) =>
    Math.abs(plan.timesteps[i]! - t) > (Number.isInteger(t) ? 1e-3 : 1e-2)
  );
  return wrong ? Infinity : 0;
}

/** The step that model call `call` belongs to. */
function stepOfCall(plan: SamplerPlan, call: number): number {
  const zeros = new Float32Array(1);
  const run = plan.run(zeros, { noise: () => zeros });
  for (let next = run.next(); !next.done; next = run.next(zeros)) {
    if (next.value.call === call) return next.value.step;
  }
  throw new RangeError(`No model call ${call}`);
}
