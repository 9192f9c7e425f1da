import { attentionLayers } from "../../../lib/bases/sd/attention_sites.ts";
import { crossSites } from "../../../lib/bases/places.ts";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { blankRaster } from "../../../lib/images/raster.ts";
import { tensor } from "../../../lib/core/tensor.ts";
import { AttentionTrace } from "../../../lib/pipeline/attention_trace.ts";
import { LocRef } from "../../../lib/model/locref.ts";
import { traceStep } from "../../../lib/adapters/locref/trace_step.ts";
import { box } from "../../../lib/scene_data/box.ts";
import { scene } from "../../../lib/scene/begin_scene.ts";
import type { UnetConfig } from "../../../lib/bases/sd/unet_config.ts";

const basketball = new URL(
  "../../../examples/assets/basketball.png",
  import.meta.url,
);

Deno.test("a trace changes no pixel, and its shares sum to one", async () => {
  await using model = await LocRef.load("pocket", { backend: "wasm" });
  const begin = scene().caption("a basketball").place(
    basketball,
    box.fraction(0, 0, 0.5, 0.5),
  );
  const options = { model, steps: 2, seed: 1 };
  const plain = await begin.generate(options);
  const traced = await begin.generate({ ...options, trace: true });
  assertEquals(plain.data, traced.data);
  assertEquals(plain.trace, undefined);
  const { entries, sizes } = traced.trace!;
  assertEquals(entries.length % 2, 0);
  for (const { text, composite, instances, size } of entries) {
    text.forEach((value, at) => {
      assertAlmostEquals(value + composite[at]! + instances[0]![at]!, 1, 1e-5);
    });
    assert(instances[0]![0]! > 0);
    assertEquals(instances[0]![size.height * size.width - 1], 0);
  }
  const { values } = traced.trace!.map(0, { size: sizes[0]!, from: 2 });
  assertEquals(values.length, sizes[0]!.height * sizes[0]!.width);
  assertThrows(
    () => traced.trace!.map(3),
    RangeError,
    "Nothing was traced for 3",
  );
  const sheet = await traced.trace!.sheet();
  assert(sheet.width > sheet.height);
});

Deno.test("shares are the lengths of the terms of Eq. (1)", () => {
  const config = {
    block_out_channels: [2],
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
    layers_per_block: 1,
    attention_head_dim: 1,
  } as unknown as UnetConfig;
  // one layer (the middle block's), two positions, one token a source: attention gives its value
  const one = (...values: number[]) =>
    tensor([1, 1, 2], Float32Array.from(values));
  const mask = (...values: number[]) => Float32Array.from(values);
  const [entry] = traceStep(
    {
      step: 3,
      values: {
        "query.0": tensor([1, 2, 2], mask(1, 0, 0, 1)),
        "text_k.0": one(1, 1),
        "text_v.0": one(3, 4),
        "ci_k.0": one(1, 1),
        "ci_v.0": one(0, 2),
        "ri_k.0": tensor([1, 2, 1, 2], mask(1, 1, 1, 1)),
        "ri_v.0": tensor([1, 2, 1, 2], mask(1, 0, 0, 8)),
        "text_mask.1x2": tensor([1, 2, 1], mask(1, 0.2)),
        "ci_mask.1x2": tensor([1, 2, 1], mask(0, 0.5)),
        "ri_mask.1x2": tensor([1, 2, 2], mask(0, 0, 1, 0.25)),
      },
    },
    crossSites(attentionLayers(config).places({ height: 1, width: 2 })),
  );
  assertEquals([...entry!.text].map((v) => +v.toFixed(5)), [
    +(5 / 13).toFixed(5),
    0.25,
  ]);
  assertEquals([...entry!.composite], [0, 0.25]);
  assertEquals([...entry!.instances[0]!], [0, 0]);
  assertAlmostEquals(entry!.instances[1]![0]!, 8 / 13, 1e-6);
  assertAlmostEquals(entry!.instances[1]![1]!, 0.5, 1e-6);
  const trace = new AttentionTrace(
    scene().toJSON(),
    [entry!],
    blankRaster(2, 1),
  );
  assertThrows(() => trace.map(0, { from: 4 }), RangeError);
});
