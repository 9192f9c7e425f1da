import { assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { openBase } from "../../../../lib/bases/bases.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import {
  defaultSampler,
  modelDefaults,
} from "../../../../lib/pipeline/load/model_defaults.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { linkedModel } from "../../bases/linked_model.ts";

const tiny = fromFileUrl(new URL("../../../goldens/sd-tiny", import.meta.url));
const apple = scene().caption("a red apple");

const process = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  clip_sample: false,
  steps_offset: 1,
};

async function withScheduler<T>(
  scheduler: Record<string, unknown>,
  run: (folder: string) => Promise<T>,
): Promise<T> {
  const file = "scheduler/scheduler_config.json";
  const config = { ...process, ...scheduler };
  await using folder = await linkedModel(tiny, { [file]: config });
  return await run(folder.path);
}

/** Settings that a model with this scheduler config runs with where a run names none. */
async function settingsWith(scheduler: Record<string, unknown>) {
  return await withScheduler(scheduler, async (folder) => {
    const parts = { base: await openBase(folder), adapters: [] };
    return { ...modelDefaults(parts), sampler: defaultSampler(parts) };
  });
}

Deno.test("the scheduler class of a folder chooses sampler and steps", async () => {
  assertEquals(
    await settingsWith({ _class_name: "PNDMScheduler" }),
    { guidance: 7.5, steps: 50, sampler: "pndm" },
  );
  assertEquals(
    await settingsWith({
      _class_name: "DPMSolverMultistepScheduler",
      solver_order: 3,
    }),
    { guidance: 7.5, steps: 20, sampler: "dpm++3m" },
  );
  assertEquals(
    await settingsWith({ _class_name: "DDIMParallelScheduler" }),
    { guidance: 7.5, steps: 50, sampler: "ddim" },
  );
});

Deno.test("a folder that was distilled to few steps runs in few, without guidance", async () => {
  assertEquals(
    await settingsWith({
      _class_name: "EulerDiscreteScheduler",
      timestep_spacing: "trailing",
    }),
    { guidance: 0, steps: 4, sampler: "euler" },
  );
  assertEquals(
    await settingsWith({ _class_name: "LCMScheduler" }),
    { guidance: 1, steps: 4, sampler: "lcm" },
  );
});

Deno.test("Euler in trailing spacing on a model of v is no sign of few steps", async () => {
  assertEquals(
    await settingsWith({
      _class_name: "EulerDiscreteScheduler",
      timestep_spacing: "trailing",
      prediction_type: "v_prediction",
      rescale_betas_zero_snr: true,
    }),
    { guidance: 7.5, steps: 30, sampler: "euler" },
  );
});

Deno.test("a scheduler that no sampler runs is refused by name, unless a run names one", async () => {
  const unknown = { _class_name: "LMSDiscreteScheduler" };
  await withScheduler(unknown, async (folder) => {
    await using model = await LocRef.load(folder, { backend: "onnx" });
    await assertRejects(
      () => apple.generate({ model }),
      LocRefError,
      'no sampler runs scheduler "LMSDiscreteScheduler": give sampler',
    );
    await assertRejects(
      () => apple.generate({ model, sampler: "euler" }),
      LocRefError,
      "prediction_type, which says what the model predicts, is missing: load the model with option prediction",
    );
  });
  const known = { ...unknown, prediction_type: "epsilon" };
  await withScheduler(known, async (folder) => {
    await using model = await LocRef.load(folder, { backend: "onnx" });
    const sampler = "euler";
    const { provenance } = await apple.generate({ model, sampler, steps: 1 });
    assertEquals(provenance.sampler, sampler);
  });
});
