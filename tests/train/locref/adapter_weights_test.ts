import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { openLocRef } from "../../../lib/adapters/open_locref.ts";
import { openStableDiffusion } from "../../../tools/open_stable_diffusion.ts";
import { stableDiffusion15 } from "../../../lib/bases/sd/stable_diffusion_15.ts";
import type { AttentionLayers } from "../../../lib/bases/places.ts";
import { knownXlModels } from "../../../lib/bases/sdxl/known_models.ts";
import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import {
  adapterShapes,
  initialAdapter,
} from "../../../train/locref/adapter_weights.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));

/** How many weights LocRef of the paper's size adds to a base: pooled features of ViT-H, 16 tokens. */
function paperSize(layers: AttentionLayers): number {
  const shapes = adapterShapes(layers, {
    kind: "locref",
    input: "pooled",
    inputWidth: 1280,
    hiddenWidth: 1280,
    width: layers.textWidth,
    tokens: 16,
  });
  return [...shapes.values()].reduce(
    (sum, shape) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
}

Deno.test("at the paper's size 55,720,704 weights are trained", () => {
  assertEquals(paperSize(attentionLayers(stableDiffusion15)), 55_720_704);
});

Deno.test("on Stable Diffusion XL the same adapter has 725,193,984 weights", () => {
  // 60 layers of width 1280 and 10 of 640 read text of width 2048, by K and V in two branches
  const layout = (60 * 1280 + 10 * 640) * 2048 * 4;
  const [hidden, out] = [1280, 16 * 2048];
  const net = hidden * (hidden + 1) + out * (hidden + 1) + 2 * 2048;
  assertEquals(paperSize(knownXlModels[0]!.denoiser), layout + net);
  assertEquals(layout + net, 725_193_984);
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
