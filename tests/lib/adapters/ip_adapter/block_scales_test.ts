import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  blockScale,
  checkBlocks,
} from "../../../../lib/adapters/ip_adapter/block_scales.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { pixelsOf, tinyBase, twoObjects } from "../random_adapter.ts";

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

Deno.test("pictures act in the named blocks alone", async () => {
  const golden = (name: string) =>
    fromFileUrl(new URL(`../../../goldens/${name}`, import.meta.url));
  await using model = await LocRef.load(tinyBase, {
    adapter: golden("locref/locref-tiny.safetensors"),
    imageEncoder: golden("clip-vision-gelu"),
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
