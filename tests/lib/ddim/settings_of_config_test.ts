import { assert, assertThrows } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import {
  noiseSchedule,
  type SchedulerConfig,
} from "../../../lib/ddim/noise_schedule.ts";
import { planRun } from "../../../lib/ddim/samplers.ts";
import { samplerOfConfig } from "../../../lib/ddim/sampler_of_config.ts";

/** A run of diffusers' scheduler on given outputs of a model, three numbers a sample. */
interface Recorded {
  readonly name: string;
  readonly config: SchedulerConfig;
  readonly steps: number;
  readonly start: readonly number[];
  readonly outputs: readonly number[][];
  readonly noises: readonly number[][];
  readonly end: readonly number[];
}

const { cases } = await readJson<{ cases: Recorded[] }>(
  "tests/data/ddim/sampler_settings.json",
);

function planOf(config: SchedulerConfig, steps = 4) {
  const kind = samplerOfConfig(config)!;
  return planRun(noiseSchedule(config), { kind, options: {} }, steps);
}

for (const { name, config, steps, ...recorded } of cases) {
  Deno.test(`a run under ${name} ends where that of diffusers does`, () => {
    const { start, outputs, noises, end } = recorded;
    const run = planOf(config, steps).run(Float32Array.from(start), {
      noise: (call) => Float32Array.from(noises[call]!),
    });
    let next = run.next();
    for (const output of outputs) {
      assert(!next.done, "fewer calls than the reference");
      next = run.next(Float32Array.from(output));
    }
    assert(next.done, "more calls than the reference");
    const largest = Math.max(...end.map(Math.abs));
    const error = Math.max(
      ...end.map((value, i) => Math.abs(value - next.value[i]!)),
    );
    assert(error < 3e-5 * largest, `error ${error / largest}`);
  });
}

Deno.test("settings that a scheduler's sampler does not have are refused by name", () => {
  const refused: [string, keyof SchedulerConfig, unknown][] = [
    ["DDPMScheduler", "variance_type", "fixed_large_log"],
    ["PNDMScheduler", "skip_prk_steps", false],
    ["DPMSolverSinglestepScheduler", "solver_order", 3],
    ["DPMSolverSinglestepScheduler", "algorithm_type", "sde-dpmsolver++"],
  ];
  for (const [_class_name, key, value] of refused) {
    assertThrows(
      () => planOf({ _class_name, [key]: value }),
      LocRefError,
      `${key} is ${JSON.stringify(value)}`,
    );
  }
});
