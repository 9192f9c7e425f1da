import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  blockScale,
  type BlockScales,
  checkBlocks,
  namedBlocks,
  scaleBlocks,
} from "../../../../lib/adapters/ip_adapter/block_scales.ts";
import {
  joinBranches,
  locrefGraph,
  referenceInputs,
} from "../../../../lib/adapters/locref/locref_graph.ts";
import { openLocRef } from "../../../../lib/adapters/open_locref.ts";
import { crossSites } from "../../../../lib/bases/places.ts";
import { openBase } from "../../../../lib/bases/bases.ts";
import { groupKeyValues } from "../../../../lib/bases/key_values.ts";
import { zeros } from "../../../../lib/core/tensor.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import {
  appearanceTokens,
  keyValuesOf,
  repeatRows,
} from "../../../../tools/golden/adapter_cases.ts";
import { relativeError } from "../../../../tools/golden/golden_case.ts";
import { ipMasks } from "../../../../tools/golden/ip_masks.ts";
import { readGoldens } from "../../../../tools/golden/golden_files.ts";
import { plainUnet } from "../../../../tools/golden/second/plain_unet.ts";
import { openStableDiffusion } from "../../../../tools/open_stable_diffusion.ts";
import { pixelsOf, twoObjects } from "../random_adapter.ts";
import { smallBase, smallLocref } from "../small_base.ts";

const path = "up_blocks.1.attentions.2.transformer_blocks.0.attn2";

Deno.test("the longest name that a layer lies under is its strength, none is 0", () => {
  const scales = { "up_blocks.1": 0.5, "up_blocks.1.attentions.2": 2 };
  assertEquals(blockScale(path, scales), 2);
  assertEquals(blockScale(path.replace("2", "1"), scales), 0.5);
  assertEquals(
    blockScale(path.replace("up_blocks.1", "up_blocks.11"), scales),
    0,
  );
});

Deno.test("a name that is no block is refused with the one that was meant", () => {
  assertThrows(
    () => checkBlocks({ "up_block.1": 1 }, [{ path }]),
    RangeError,
    'did you mean "up_blocks.1"?',
  );
});

Deno.test("style and layout stand for blocks of the base, rest for layers without a name", () => {
  const known = { style: ["up_blocks.1"], layout: ["down_blocks.2"] };
  const layout = "down_blocks.2.attentions.1.transformer_blocks.0.attn2";
  const sites = [{ path }, { path: layout }];
  const named = (scales: BlockScales) => namedBlocks(scales, known, sites);
  const scales = named({ style: 0.9, layout: 0.4, rest: 0.1 });
  assertEquals(scales, {
    ...{ "up_blocks.1": 0.9, "down_blocks.2": 0.4, rest: 0.1 },
  });
  assertEquals(blockScale(path, scales), 0.9);
  assertEquals(blockScale("mid_block.attentions.0", scales), 0.1);
  assertEquals(
    named({ style: 1, "up_blocks.1": 0.2 }),
    { "up_blocks.1": 0.2 },
  );
});

Deno.test("a layout whose blocks are not known, or not all in the model, is refused", () => {
  const style = ["up_blocks.1"];
  for (const known of [{ style }, { style, layout: [...style, "mid_block"] }]) {
    assertThrows(
      () => namedBlocks({ layout: 1 }, known, [{ path }]),
      RangeError,
      'names "layout", and which block of the model brings it is not known',
    );
  }
  assertThrows(
    () => checkBlocks({ stile: 1 }, [{ path }]),
    RangeError,
    'did you mean "style"?',
  );
});

Deno.test("pictures act in the named blocks alone", async () => {
  const imageEncoder = fromFileUrl(
    new URL("../../../goldens/clip-vision-gelu", import.meta.url),
  );
  await using model = await LocRef.load(smallBase, {
    adapter: smallLocref,
    imageEncoder,
    backend: "onnx",
  });
  const made = twoObjects([undefined]);
  const fused = (blocks: Record<string, number>) =>
    pixelsOf(made, model, { steps: 1, fusion: { blocks } });
  const none = await fused({ mid_block: 0 });
  const off = await pixelsOf(made, model, {
    ...{ steps: 1, fusion: { lambdaCi: 0, lambdaRi: 0 } },
  });
  assertEquals(none, off);
  const some = await fused({ "up_blocks.1": 1 });
  assertEquals(await fused({ style: 1 }), some);
  const whole = await pixelsOf(made, model, { steps: 1 });
  assert(some.some((value, i) => value !== none[i]));
  assert(some.some((value, i) => value !== whole[i]));
  await assertRejects(() => fused({ mid: 1 }), RangeError, "mid_block");
  await assertRejects(
    () => fused({ mid_block: -1 }),
    RangeError,
    "Fusion option blocks",
  );
});

/** The answer of diffusers, its `set_ip_adapter_scale` in the header, to the inputs of a golden case. */
const byDiffusers = new URL(
  "block_scales_by_diffusers.safetensors",
  import.meta.url,
);

Deno.test("two pictures with a strength for each block make what diffusers makes of them", async () => {
  const dir = fromFileUrl(new URL("../../../goldens", import.meta.url));
  const goldens = await readGoldens(dir, "ip_adapter_base");
  const model = {
    base: await openStableDiffusion(`${dir}/sd-tiny`),
    adapter: await openLocRef(`${dir}/ip-adapter/ip-adapter-base.safetensors`),
  };
  const { executor } = await openExecutor("onnx", {});
  const sample = goldens.sample!, size = { height: 16, width: 16 };
  const tokens = await appearanceTokens(
    executor,
    model.adapter,
    goldens.features!,
  );
  const { ci, ri } = await keyValuesOf(executor, model, {
    text: goldens.encoder_hidden_states!,
    ci: zeros([2, 1, tokens.shape[2]!]),
    ri: repeatRows(tokens, 2),
  });
  const sites = crossSites((await openBase(`${dir}/sd-tiny`)).places(size));
  const scaled = scaleBlocks(groupKeyValues(ri, 2), sites, {
    ...{ "down_blocks.1.attentions.0": 0.3, "down_blocks.1.attentions.1": 0.8 },
    ...{ mid_block: 0.5, "up_blocks.1": 0.4, "up_blocks.2.attentions.0": 0.1 },
    ...{ "up_blocks.2.attentions.1": 0.7, "up_blocks.2.attentions.2": 0.9 },
  });
  const { scales: _, ...unscaled } = goldens;
  const prediction = await plainUnet({ executor }, model.base.unet, {
    ...{ sample, timesteps: [...goldens.timestep!.data] },
    text: goldens.encoder_hidden_states!,
    adapters: [locrefGraph()],
    inputs: {
      ...referenceInputs(joinBranches(ci, scaled)),
      ...ipMasks(model.base.unet.config, unscaled, size),
    },
  });
  await executor.dispose();
  const answer = await openSafetensors(fromFileUrl(byDiffusers));
  const out = {
    shape: answer.info("out")!.shape,
    data: await answer.read("out"),
  };
  assert(relativeError(prediction, out) < 1e-4);
  assert(relativeError(goldens.out!, out) > 1e-2); // one strength for all
});
