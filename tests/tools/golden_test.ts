import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { relativeError } from "../../tools/golden/golden_case.ts";
import {
  type GoldenBackend,
  runGoldens,
} from "../../tools/golden/run_goldens.ts";

const dir = fromFileUrl(new URL("../goldens", import.meta.url));

/** One case of each model, with and without an adapter, and the gradients. */
const models = [
  ...["text", "clip", "vae.encode", "vae.decode", "blip.logits", "taesd.de"],
  ...["unet", "sdxl.text", "sdxl.unet", "sd21.text"],
  ...["ip_adapter.plus", "locref.default", "locref.captions", "locref.masks"],
  ...["adamw", "train"],
];

/** The cases with convolutions of 3 × 3; the gradients do not take this form. */
const convolutions = [
  ...["vae.encode", "vae.decode", "taesd", "unet", "sdxl.unet"],
  "locref.default",
];

/**
 * The cases of each backend: all on onnx; samplers, tokenizers and forms of masks, which are the
 * same code everywhere, on no other.
 */
const cases: Partial<Record<GoldenBackend, readonly string[] | undefined>> = {
  onnx: undefined,
  "onnx-winograd": convolutions,
  wasm: models,
  tensorflow: models,
};

for (const [name, only] of Object.entries(cases)) {
  const backend = name as GoldenBackend;
  Deno.test(`${only ? "every model" : "every golden case"} agrees on ${backend}`, async () => {
    const options = { backends: [backend], only };
    const { rows, missing } = await runGoldens(dir, options);
    assertEquals(missing, []);
    assertEquals(rows.filter((row) => !row.ok), []);
    const names = [...new Set(rows.map((row) => row.case))];
    for (const start of only ?? ["adamw", "train", "pipeline"]) {
      assert(names.some((name) => name.startsWith(start)), start);
    }
    if (only === undefined) {
      assert(names.length >= 80, `Only ${names.length} cases ran`);
    }
  });
}

Deno.test("a golden error is relative to the largest expected value", () => {
  const expected = { shape: [2], data: Float32Array.of(-4, 1) };
  const actual = { shape: [2], data: Float32Array.of(-4, 2) };
  assertEquals(relativeError(actual, expected), 0.25);
});

Deno.test("a golden answer that is not a number is an error", () => {
  const expected = { shape: [2], data: Float32Array.of(1, 1) };
  const actual = { shape: [2], data: Float32Array.of(NaN, 1) };
  assert(!(relativeError(actual, expected) <= 1));
});
