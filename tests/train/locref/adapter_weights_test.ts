import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { openStableDiffusion } from "../../../tools/open_stable_diffusion.ts";
import { stableDiffusion15 } from "../../../lib/bases/sd/stable_diffusion_15.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import {
  adapterShapes,
  initialAdapter,
} from "../../../train/locref/adapter_weights.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));

Deno.test("at the paper's size 55,720,704 weights are trained", () => {
  const shapes = adapterShapes(attentionLayers(stableDiffusion15), {
    kind: "locref",
    input: "pooled",
    inputWidth: 1280,
    hiddenWidth: 1280,
    width: 768,
    tokens: 16,
  });
  const total = [...shapes.values()].reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  assertEquals(total, 55_720_704);
});

Deno.test("both branches begin with the keys and values of the text", async () => {
  const base = await openStableDiffusion(join(goldens, "sd-tiny"));
  const { shape, weights } = await openLocRef(
    join(goldens, "locref", "locref-tiny.safetensors"),
  );
  const initial = await initialAdapter(
    { layers: base, weights: base.unet.weights },
    shape,
    0,
  );
  assertEquals([...initial.keys()].sort(), [...weights.names()].sort());
  // attn_processors list down blocks first: layer 1 is the first of down_blocks.0
  const text = await base.unet.weights.read(
    "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_v.weight",
  );
  for (const branch of ["ci", "ri"]) {
    const name = `layout_net.1.to_v_${branch}.weight`;
    assertEquals(initial.get(name)!.data, text);
  }
});
