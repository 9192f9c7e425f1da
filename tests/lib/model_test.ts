/** Mistakes in loading and exporting a model. */

import { assertEquals } from "@std/assert";
import { loadRulers, LocRef } from "../../mod.ts";
import { type Any, generate, holds, load, sentenceOf } from "../mistakes.ts";

holds("models", [
  [
    load({ backnd: "onnx" }),
    'Option "backnd" of LocRef.load is not known, did you mean "backend"?',
  ],
  [
    load({ torch_dtype: "fp16" }),
    'Option "torch_dtype" of LocRef.load is called "precision" here',
  ],
  [
    load({ precision: "fp16" }),
    'Option precision is "fp16": it must be "float32" or "float16", did you mean "float16"?',
  ],
  [
    load({ cache_dir: "x" }),
    'Option "cache_dir" of LocRef.load does not exist here, use the environment variable HF_HUB_CACHE',
  ],
  [
    load({ backend: "gpu" }),
    'Option backend is "gpu": it must be "auto", "tensorflow-gpu", "onnx-cuda", "onnx-webgpu", "onnx", "tensorflow", "wasm", "onnx-dml", "onnx-coreml", "webgpu" or "cpu", did you mean "onnx-webgpu"?',
  ],
  [
    load({ threads: "4" }),
    'Option threads of LocRef.load must be a whole number from 1 to 1024, got the string "4"',
  ],
  [
    load({ onProgress: true }),
    "Option onProgress of LocRef.load must be a function, got true",
  ],
  [
    load({ signal: {} }),
    "Option signal of LocRef.load must be an AbortSignal (the signal of an AbortController), got {}",
  ],
  [
    load({ int8: "yes" }),
    'Option int8 of LocRef.load must be true or false, got the string "yes"',
  ],
  [
    () => LocRef.load({ base: "pocket" } as Any),
    'Model must be "pocket", a folder, a .safetensors file, or a hub id like "org/repo", got { base }',
  ],
  [
    () => LocRef.diagnose("x", { vales: true } as Any),
    'Option "vales" of LocRef.diagnose is not known, did you mean "values"?',
  ],
  [
    () => LocRef.diagnose(3 as Any),
    "What LocRef.diagnose reads must be a file, a folder or a name on the hub, got 3",
  ],
  [
    () => loadRulers({ dector: "pocket" } as Any),
    'Option "dector" of loadRulers is not known, did you mean "detector"?',
  ],
  [
    () => loadRulers({ detector: 3 } as Any),
    'Option detector of loadRulers must be "pocket", "centernet", a folder, or an ONNX file, got 3',
  ],
]);

Deno.test("one sentence for a loaded model that is requested on another backend", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  assertEquals(
    (await sentenceOf(generate({ model, backend: "wasm" }))).message,
    'Option backend is "wasm", but the model runs on "onnx" already: give backend to LocRef.load',
  );
});

Deno.test("a model is not loaded under a signal that was aborted", async () => {
  const signal = AbortSignal.abort();
  assertEquals(
    (await sentenceOf(load({ signal }))).name,
    "AbortError",
  );
});

Deno.test("one sentence for each mistake: export", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  for (
    const [mistake, sentence] of [
      [
        () => model.export("out", { sceen: 1 } as Any),
        'Option "sceen" of export is not known, did you mean "scene"?',
      ],
      [
        () => model.export(undefined as Any),
        "Folder of export must be a new folder's path, got nothing",
      ],
      [
        () => model.export("out", { scene: "two.json" } as Any),
        'Option scene of export must be a scene, got the string "two.json"',
      ],
      [
        () => model.export("out", { steps: 0 }),
        "Number of steps is 0: it must be a whole number from 1 to 1000",
      ],
    ] as const
  ) {
    assertEquals((await sentenceOf(mistake)).message, sentence);
  }
});
