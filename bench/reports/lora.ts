import { listWeights } from "../../lib/ops/list_weights.ts";
import { stableDiffusion15 } from "../../lib/bases/sd/stable_diffusion_15.ts";
import { textKeyValueProgram } from "../../lib/bases/sd/key_value_programs.ts";
import { unetProgram } from "../../lib/bases/sd/unet_program.ts";
import { prepareUnet } from "../large_models.ts";
import { writeRandomShapes } from "../random_weights.ts";
import type { Report } from "../report.ts";

const lora = ".cache/bench/lora.safetensors";
const rank = 16;

/** Layers of attention and feed-forward, as public LoRAs change them. */
const layers =
  /^(.*\.attn[12]\.to_(?:q|k|v|out\.0)|.*\.ff\.net\.(?:0\.proj|2))\.weight$/;

/** Merging a LoRA into 3.4 GB of weights. */
export const loraReport: Report = {
  name: "lora",
  summary:
    "merging a LoRA of rank 16 over attention and feed-forward into a UNet of SD 1.5's size, random weights",
  prepare,
  async run({ rounds = 3 }) {
    const rows: string[][] = [];
    for (let i = 0; i < rounds; i++) {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "bench/workers/lora.ts"]
          .concat("--lora", lora),
        stderr: "inherit",
      }).output();
      const { seconds, cpuSeconds, changed, rose } = JSON.parse(
        new TextDecoder().decode(stdout),
      ) as Record<string, number>;
      rows.push([
        String(i + 1),
        `${seconds!.toFixed(2)} s`,
        `${cpuSeconds!.toFixed(2)} s`,
        `${(changed! / 1e6).toFixed(0)} MB`,
        `${(rose! / 1e6).toFixed(0)} MB`,
      ]);
    }
    const head = [
      ...["run", "time", "processor time"],
      ...["changed tensors", "peak rose by"],
    ];
    return { head, rows };
  },
};

async function prepare(): Promise<void> {
  await prepareUnet();
  const shapes = new Map<string, readonly number[]>();
  const programs = [
    unetProgram(stableDiffusion15, { size: { height: 64, width: 64 } }),
    textKeyValueProgram(stableDiffusion15),
  ];
  const all = programs.flatMap((program) => [...listWeights(program)]);
  for (const [name, shape] of all) {
    const layer = layers.exec(name)?.[1];
    if (layer === undefined) continue;
    shapes.set(`unet.${layer}.lora_A.weight`, [rank, shape[1]!]);
    shapes.set(`unet.${layer}.lora_B.weight`, [shape[0]!, rank]);
  }
  await writeRandomShapes(lora, shapes);
}
