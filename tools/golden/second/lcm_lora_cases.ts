import { join } from "node:path";
import { openBase } from "../../../lib/bases/bases.ts";
import { readJson } from "../../../lib/core/files/read_json.ts";
import {
  type GoldenCase,
  type GoldenContext,
  relativeError,
} from "../golden_case.ts";
import { readGoldens } from "../golden_files.ts";
import { loraSet } from "./lora_cases.ts";
import { finalLatents } from "./run_pipeline.ts";

/** A run of `lcm.json`. */
interface LcmRun {
  readonly prompt: string;
  readonly negative_prompt: string;
  readonly num_inference_steps: number;
  readonly guidance_scale: number;
}

/** Whole runs of SD 1.5 with an LCM-LoRA, without guidance and with it. */
export function lcmLoraCases(): GoldenCase[] {
  return ["lora", "lora_guided"].map((key) => ({
    name: `lcm.${key}`,
    bound: 1e-3,
    loop: true,
    run: (context) => run(context, key),
  }));
}

async function run(context: GoldenContext, key: string): Promise<number> {
  const { dir } = context;
  const goldens = await readGoldens(dir, "lcm");
  const { runs } = await readJson<{ runs: Record<string, LcmRun> }>(
    join(dir, "lcm.json"),
  );
  const settings = runs[key]!;
  const loras = { files: ["lcm-lora.safetensors"], scales: [1] };
  const set = await loraSet(dir, loras);
  const base = await openBase(join(dir, "sd15-tiny"), {
    wrapWeights: (part, weights) => set.merge(part, weights),
  });
  const latents = await finalLatents(context, {
    base,
    scheduler: { ...base.scheduler, _class_name: "LCMScheduler" },
    steps: settings.num_inference_steps,
    guidance: settings.guidance_scale,
    texts: [{ text: settings.negative_prompt }, { text: settings.prompt }],
    noise: goldens.latents!,
    draws: (call) => goldens[`${key}.noise.${call}`]!,
  });
  return relativeError(latents, goldens[`${key}.final_latents`]!);
}
