import { assertEquals } from "@std/assert";
import { normSites } from "../../../../lib/bases/sd/norm_sites.ts";
import { stableDiffusion15 } from "../../../../lib/bases/sd/stable_diffusion_15.ts";
import type { UnetConfig } from "../../../../lib/bases/sd/unet_config.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { stableDiffusionXlBase } from "../../../../lib/bases/sdxl/known_models.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import type { Ops } from "../../../../lib/ops/ops.ts";
import { Params } from "../../../../lib/ops/params.ts";

const configs: Record<string, UnetConfig> = {
  "Stable Diffusion 1.5": stableDiffusion15,
  "Stable Diffusion XL": stableDiffusionXlBase,
  "attention in the last block up alone": {
    ...stableDiffusion15,
    down_block_types: stableDiffusion15.down_block_types.map(() =>
      "DownBlock2D"
    ),
    up_block_types: stableDiffusion15.up_block_types.map((_, i, { length }) =>
      i === length - 1 ? "CrossAttnUpBlock2D" : "UpBlock2D"
    ),
    layers_per_block: 1,
  },
};

/** Group norms that a program runs, counted by operations that compute nothing. */
function normsOf(program: Program): number {
  let norms = 0;
  const some = {};
  const operations: Partial<Record<string, unknown>> = {
    groupNorm: () => {
      norms++;
      return some;
    },
    block: (part: () => unknown) => part(),
    splitWidth: (_: unknown, parts: number) => Array(parts).fill(some),
  };
  const ops = new Proxy({}, {
    get: (_, name) => operations[name as string] ?? (() => some),
  }) as Ops<unknown>;
  const inputs = Object.keys(program.inputs).map((name) => [name, some]);
  program.run(
    ops,
    new Params<unknown>(() => some),
    Object.fromEntries(inputs),
  );
  return norms;
}

for (const [name, config] of Object.entries(configs)) {
  Deno.test(`norm sites are the group norms that run, on deep features too: ${name}`, () => {
    for (const deep of ["keep", "reuse"] as const) {
      const program = unetProgram(config, {
        size: { height: 64, width: 64 },
        ...{ deep },
      });
      const { count, first } = normSites(config, deep === "reuse");
      assertEquals(normsOf(program), count - first);
    }
  });
}
