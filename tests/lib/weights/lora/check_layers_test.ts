import { assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { checkLayers } from "../../../../lib/weights/lora/check_layers.ts";
import { loraIn } from "../../../../lib/weights/lora/lora_file.ts";

const layer =
  "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q";

/** A LoRA whose tensors have these shapes, by their ends. */
function check(shapes: Record<string, readonly number[]>): void {
  const named = new Map(
    Object.entries(shapes).map(([end, shape]) => [`${layer}.${end}`, shape]),
  );
  checkLayers(loraIn({
    path: "style.safetensors",
    metadata: {},
    names: () => [...named.keys()],
    info(name) {
      const shape = named.get(name);
      return shape && { dtype: "F16", shape, offset: 0, length: 0 };
    },
    read: () => Promise.reject(new Error("no value is read")),
  }));
}

Deno.test("a layer of a LoRA that is whole passes; one without a factor, or of two ranks, is named", () => {
  const down = { "lora_down.weight": [4, 320] };
  assertEquals(check({ ...down, "lora_up.weight": [320, 4] }), undefined);
  assertThrows(
    () => check(down),
    LocRefError,
    "without the other tensors of its layer",
  );
  assertThrows(
    () => check({ ...down, "lora_up.weight": [320, 8] }),
    LocRefError,
    "do not fit one another",
  );
});
