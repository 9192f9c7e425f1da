import { join } from "node:path";
import {
  addNoise,
  noiseSchedule,
  type SchedulerConfig,
  velocity,
} from "../../lib/ddim/noise_schedule.ts";
import type { SamplerPlan } from "../../lib/ddim/sampler.ts";
import { chooseSampler, planRun } from "../../lib/ddim/samplers.ts";
import { type Tensor, tensor } from "../../lib/core/tensor.ts";
import { floats, sliceBatch } from "../../lib/core/tensor_rows.ts";
import { readJson } from "../../lib/core/files/read_json.ts";
import { type GoldenCase, relativeError } from "./golden_case.ts";
import { readGoldens } from "./golden_files.ts";
import { rowError, trajectoryError } from "./trajectory.ts";

/** One setting of `ddim.json` or `samplers.json`. */
interface Setting extends SchedulerConfig {
  readonly index: number;
  readonly num_inference_steps: number;
  readonly timesteps: readonly number[];
  readonly eta?: number;
  readonly scheduler?: string;
  readonly use_karras_sigmas?: boolean;
  readonly init_noise_sigma?: number;
}

/** The cases of DDIM and the other samplers, one a setting that the files list. */
export async function scheduleCases(dir: string): Promise<GoldenCase[]> {
  const config = await readJson<SchedulerConfig>(
    join(dir, "sd-tiny", "scheduler", "scheduler_config.json"),
  );
  const settings = async (name: string) =>
    (await readJson<{ cases: Setting[] }>(join(dir, `${name}.json`))).cases;
  return [
    ...(await settings("ddim")).map((setting) => ddimCase(config, setting)),
    forwardCase(config, "add_noise"),
    forwardCase(config, "velocity"),
    ...(await settings("samplers")).map((setting) =>
      samplerCase(config, setting)
    ),
  ];
}

const bound = 1e-5;

function ddimCase(config: SchedulerConfig, setting: Setting): GoldenCase {
  const { index, num_inference_steps: steps, eta } = setting;
  const schedule = noiseSchedule({ ...config, ...setting });
  return {
    name: `ddim.${index}`,
    bound,
    async run({ dir }) {
      const sampler = planRun(
        schedule,
        chooseSampler({ name: "ddim", eta: eta ?? 0 }),
        steps,
      );
      return settingError(sampler, setting, await readGoldens(dir, "ddim"));
    },
  };
}

function samplerCase(config: SchedulerConfig, setting: Setting): GoldenCase {
  const { index, num_inference_steps: steps, use_karras_sigmas: karras } =
    setting;
  const schedule = noiseSchedule({ ...config, ...setting });
  return {
    name: `sampler.${index}`,
    bound,
    async run({ dir }) {
      const name = setting.scheduler === "EulerDiscreteScheduler"
        ? "euler"
        : karras
        ? "dpm++-karras"
        : "dpm++";
      const sampler = planRun(schedule, chooseSampler(name), steps);
      const scale = setting.init_noise_sigma ?? 1;
      return Math.max(
        Math.abs(sampler.initialScale - scale) / scale,
        settingError(sampler, setting, await readGoldens(dir, "samplers")),
      );
    },
  };
}

/** Error of a whole run over given model outputs; infinite where timesteps differ. */
function settingError(
  sampler: SamplerPlan,
  setting: Setting,
  goldens: Record<string, Tensor>,
): number {
  if (sampler.timesteps.join() !== setting.timesteps.join()) return Infinity;
  const at = (name: string) => goldens[`${setting.index}.${name}`];
  return trajectoryError(sampler, {
    samples: at("samples")!,
    outputs: at("model_outputs")!,
    inputs: at("model_inputs"),
    noises: at("noises"),
  });
}

function forwardCase(
  config: SchedulerConfig,
  kind: "add_noise" | "velocity",
): GoldenCase {
  return {
    name: `ddim.${kind}`,
    bound,
    async run({ dir }) {
      const goldens = await readGoldens(dir, "ddim");
      const schedule = noiseSchedule(config);
      const { length } = schedule.alphasCumprod;
      const alphas = tensor(
        [length],
        Float32Array.from(schedule.alphasCumprod),
      );
      const expected =
        goldens[kind === "velocity" ? "velocity" : "add_noise_out"]!;
      const forward = kind === "velocity" ? velocity : addNoise;
      const errors = [...goldens.add_noise_t!.data].map((t, row) => {
        const x0 = floats(sliceBatch(goldens.add_noise_x0!, row, row + 1));
        const noise = floats(
          sliceBatch(goldens.add_noise_noise!, row, row + 1),
        );
        return rowError(forward(schedule, x0, noise, t), expected, row);
      });
      return Math.max(
        relativeError(alphas, goldens.alphas_cumprod!),
        ...errors,
      );
    },
  };
}
