import { assert, assertEquals } from "@std/assert";
import {
  localization,
  localizationInputs,
  localizationProgram,
  localizedSites,
} from "../../../../lib/adapters/fastcomposer/localization.ts";
import { attentionLayers } from "../../../../lib/bases/sd/attention_sites.ts";
import type { AttentionSite } from "../../../../lib/bases/places.ts";
import { stableDiffusion15 } from "../../../../lib/bases/sd/stable_diffusion_15.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import type { Program } from "../../../../lib/ops/executor.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { floatInputs } from "../../../../tools/golden/float_inputs.ts";

const size = { height: 4, width: 4 };
const at: AttentionSite = {
  ...{ kind: "cross" as const, layer: 0, path: "mid_block", width: 2 },
  ...{ heads: 1, level: 0, size },
};

/** The left half of a picture, in cells as large as the layer's, so that no edge is soft. */
const leftHalf = {
  ...size,
  data: Float32Array.from({ length: 16 }, (_, i) => i % 4 < 2 ? 1 : 0),
};

/** The localization where the cells of `look` look at token 1 alone and others at token 0. */
async function localizationOf(look: (cell: number) => boolean) {
  const q = Float32Array.from(
    { length: 32 },
    (_, i) => look(i >> 1) === (i % 2 === 1) ? 100 : 0,
  );
  const values = {
    q: tensor([1, 16, 2], q),
    k: tensor([1, 2, 2], Float32Array.of(1, 0, 0, 1)),
    ...localizationInputs([[{ token: 1, segment: leftHalf }]], {
      ...{ sites: [at], textTokens: 2 },
    }),
  };
  const program: Program = {
    name: "localization",
    inputs: floatInputs(values),
    outputs: { localization: { kind: "float", shape: [1, 1, 1] } },
    run: (ops, _, inputs) => ({
      localization: localization(
        ops,
        [{ at, q: inputs.q!, k: inputs.k! }],
        inputs,
      ),
    }),
  };
  const { executor } = await openExecutor("wasm");
  const runner = await executor.compile(program, memoryWeights(new Map()));
  const { localization: found } = await runner.run(values);
  await runner.dispose();
  await executor.dispose();
  return found!.data[0]!;
}

Deno.test("attention to a subject's token is worth −1 inside its segment, 1 outside, 0 everywhere", async () => {
  const near = (found: number, expected: number) =>
    assert(Math.abs(found - expected) < 1e-3, `${found} is not ${expected}`);
  near(await localizationOf((cell) => cell % 4 < 2), -1);
  near(await localizationOf((cell) => cell % 4 >= 2), 1);
  near(await localizationOf(() => true), 0);
});

Deno.test("the five middle blocks of Stable Diffusion's UNet count", () => {
  const places = attentionLayers(stableDiffusion15).places({
    height: 64,
    width: 64,
  });
  const blocks = localizedSites(places).map(({ path }) =>
    path.replace(/\.?attentions.*/, "")
  );
  assertEquals([...new Set(blocks)].sort(), [
    ...["down_blocks.1", "down_blocks.2", "mid_block"],
    ...["up_blocks.1", "up_blocks.2"],
  ]);
});

Deno.test("the localization of a denoiser is computed in float32, since its means are near each other", () => {
  const denoiser: Program = {
    ...{ name: "unet", inputs: {}, outputs: {}, run: () => ({}) },
  };
  assertEquals(localizationProgram(denoiser, [at]).needsFloat32, true);
});
