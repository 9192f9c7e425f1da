import { assertEquals, assertThrows } from "@std/assert";
import { headerAlpha } from "../../../../lib/weights/lora/lora_alpha.ts";

Deno.test("alpha of a part stands in diffusers' metadata under the part's name", () => {
  const alpha = headerAlpha({
    lora_adapter_metadata: JSON.stringify({
      "unet.lora_alpha": 2,
      "unet.r": 8,
      "text_encoder.lora_alpha": 16,
    }),
  }, "f");
  assertEquals(alpha.factor("unet", "x", 4), 0.5);
  assertEquals(alpha.factor("text_encoder", "x", 4), 4);
  assertEquals(alpha.factor("text_encoder_2", "x", 4), undefined);
});

Deno.test("plain keys of peft hold for every part", () => {
  const alpha = headerAlpha({ lora_alpha: "2", r: "4" }, "f");
  assertEquals(alpha.factor("unet", "x", 4), 0.5);
  assertEquals(alpha.factor("text_encoder_2", "x", 8), 0.25);
});

Deno.test("a pattern gives single layers another alpha", () => {
  const alpha = headerAlpha({
    lora_adapter_metadata: JSON.stringify({
      "unet.lora_alpha": 4,
      "unet.alpha_pattern": { "attn2.to_k": 1 },
    }),
  }, "f");
  assertEquals(alpha.factor("unet", "mid.attn2.to_k", 4), 0.25);
  assertEquals(alpha.factor("unet", "mid.attn1.to_k", 4), 1);
});

Deno.test("a pattern is a regular expression, and the first that fits counts", () => {
  const alpha = (patterns: Record<string, number>) =>
    headerAlpha({
      lora_adapter_metadata: JSON.stringify({
        "unet.lora_alpha": 4,
        "unet.alpha_pattern": patterns,
      }),
    }, "f");
  const two = alpha({ "mid.*to_(k|v)": 1, "to_k": 2 });
  assertEquals(two.factor("unet", "mid.attn2.to_k", 4), 0.25);
  assertEquals(two.factor("unet", "up.attn2.to_k", 4), 0.5);
  assertEquals(two.factor("unet", "up.attn2.to_v", 4), 1);
  assertThrows(
    () => alpha({ "(?!mid)": 1 }),
    Error,
    'LoRA "f" has an alpha_pattern "(?!mid)", which is no regular expression that is read',
  );
});

Deno.test("rank-stabilised LoRA divides by the root of the rank", () => {
  const alpha = headerAlpha({
    lora_adapter_metadata: JSON.stringify({
      "unet.lora_alpha": 4,
      "unet.use_rslora": true,
    }),
  }, "f");
  assertEquals(alpha.factor("unet", "x", 16), 1);
});

Deno.test("kohya's network alpha counts for nothing", () => {
  assertEquals(
    headerAlpha({ ss_network_alpha: "2" }, "f").factor("unet", "x", 4),
    undefined,
  );
});

Deno.test("metadata that cannot be read is refused by key and value", () => {
  for (const text of ["{", "[]", "1"]) {
    assertThrows(
      () => headerAlpha({ lora_adapter_metadata: text }, "f"),
      Error,
      'LoRA "f" must have a JSON object as its metadata "lora_adapter_metadata"',
    );
  }
  assertThrows(
    () => headerAlpha({ lora_alpha: "many" }, "f"),
    Error,
    'LoRA "f" must have a number as its metadata "lora_alpha", got "many"',
  );
  assertThrows(
    () => headerAlpha({ lora_adapter_metadata: '{"unet.use_dora":true}' }, "f"),
    Error,
    "is a DoRA by its metadata (unet.use_dora)",
  );
});
