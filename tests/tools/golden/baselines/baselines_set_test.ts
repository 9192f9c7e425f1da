import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { listedCases } from "../../../../tools/golden/baselines/listed_cases.ts";
import { casesOfSet } from "../../../../tools/golden/golden_set.ts";
import { baselinesSet } from "../../../../tools/golden/baselines/baselines_set.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";

const dir = fromFileUrl(new URL("../../../data/baselines", import.meta.url));

/** Cases that need no whole UNet, whose files lie beside the tests. */
const small = [
  ...["gligen.schedule", "gligen.text.fourier", "gligen.text.objs"],
  ...["gligen.text.fuser", "gligen.image_feature"],
  ...["migc.masks", "migc.position", "migc.ea", "migc.la", "migc.share"],
  ...["migc.layer", "ms_diffusion.masks", "ms_diffusion.sd15.tokens"],
  ...["ms_diffusion.sd15.tokens_dropped", "style_aligned.adain"],
  ...["fastcomposer.fused", "bounded.hidden"],
  ...["geodiffusion.prompts", "geodiffusion.weights"],
];

for (const backend of ["onnx", "wasm"] as const) {
  Deno.test(`parts of the baselines agree with the published systems on ${backend}`, async () => {
    const { cases } = await casesOfSet(baselinesSet, dir);
    const { executor } = await openExecutor(backend);
    try {
      for (const name of small) {
        const one = cases.find((one) => one.name === name)!;
        const error = await one.run({ dir, executor });
        assertEquals(error <= one.bound, true, `${name}: ${error}`);
      }
    } finally {
      await executor.dispose();
    }
  });
}

Deno.test("no case of the baselines is listed twice", () => {
  const names = listedCases.map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
});
