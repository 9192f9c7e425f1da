import { assert, assertEquals } from "@std/assert";
import {
  box,
  gallery,
  layout,
  loadRulers,
  LocRef,
  samplers,
  saveCoco,
  scene,
  shown,
  showSteps,
  sweep,
  table,
} from "../mod.ts";
import { LocRefError } from "../lib/core/error.ts";
import { Picture } from "../lib/pipeline/picture.ts";
import type { Provenance } from "../lib/pipeline/provenance/provenance.ts";
import { AttentionTrace } from "../lib/pipeline/attention_trace.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const whole = box.fraction(0, 0, 1, 1);
const begin = () => scene(64, 64).caption("a star");
const one = () => begin().place("examples/assets/star.png", whole);
const picture = new Picture(
  { width: 1, height: 1, data: new Uint8Array(4) },
  { scene: one().toJSON() } as Provenance,
);

/** A mistake, and the sentence that it gets. */
type Row = readonly [mistake: () => unknown, sentence: string];

async function sentenceOf(mistake: () => unknown): Promise<Error> {
  try {
    await mistake();
  } catch (error) {
    assert(error instanceof Error);
    return error;
  }
  throw new Error(`Nothing was said about ${mistake}`);
}

function holds(about: string, rows: readonly Row[]): void {
  Deno.test(`one sentence for each mistake: ${about}`, async () => {
    for (const [mistake, sentence] of rows) {
      const error = await sentenceOf(mistake);
      assertEquals(error.message, sentence, String(mistake));
      assert(
        error instanceof TypeError || error instanceof RangeError ||
          error instanceof LocRefError,
        `${mistake}: ${error.name}`,
      );
      assert(!/undefined|\n|\.$/.test(error.message), error.message);
    }
  });
}

const generate = (options: Any) => () => one().generate(options);
const place = (options: Any) => () => begin().place("a.png", whole, options);
const placeBox = (given: Any) => () => begin().place("a.png", given);
const placeReference = (given: Any) => () => begin().place(given, whole);
const load = (options: Any) => () => LocRef.load("pocket", options);

holds("options of generate that do not exist", [
  [
    generate({ sead: 3 }),
    'Option "sead" of generate is not known, did you mean "seed"?',
  ],
  [
    generate({ Seed: 3 }),
    'Option "Seed" of generate is not known, did you mean "seed"?',
  ],
  [
    generate({ guidnace: 3 }),
    'Option "guidnace" of generate is not known, did you mean "guidance"?',
  ],
  [
    generate({ guidance_scale: 3 }),
    'Option "guidance_scale" of generate is called "guidance" here',
  ],
  [
    generate({ guidanceScale: 3 }),
    'Option "guidanceScale" of generate is called "guidance" here',
  ],
  [
    generate({ num_inference_steps: 3 }),
    'Option "num_inference_steps" of generate is called "steps" here',
  ],
  [
    generate({ numInferenceSteps: 3 }),
    'Option "numInferenceSteps" of generate is called "steps" here',
  ],
  [
    generate({ num_images_per_prompt: 3 }),
    'Option "num_images_per_prompt" of generate is called "n" here',
  ],
  [
    generate({ generator: 3 }),
    'Option "generator" of generate is called "seed" here',
  ],
  [
    generate({ width: 3, height: 3 }),
    'Option "width" of generate is called "size" here',
  ],
  [
    generate({ scheduler: "ddim" }),
    'Option "scheduler" of generate is called "sampler" here',
  ],
  [
    generate({ prompt: "a" }),
    'Option "prompt" of generate does not exist here, use scene.caption(text)',
  ],
  [
    generate({ negative_prompt: "a" }),
    'Option "negative_prompt" of generate does not exist here, use scene.negative(text)',
  ],
  [
    generate({ negativePrompt: "a" }),
    'Option "negativePrompt" of generate does not exist here, use scene.negative(text)',
  ],
  [
    generate({ ip_adapter_image: "a" }),
    'Option "ip_adapter_image" of generate does not exist here, use scene.place(reference, box)',
  ],
  [
    generate({ strength: 0.5 }),
    'Option "strength" of generate does not exist here, use scene.place(reference, box, { scale })',
  ],
  [
    generate({ fusion: { taau: 1 } }),
    'Option "taau" of fusion of generate is not known, did you mean "tau"?',
  ],
  [
    generate({ layout: { taau: 1 } }),
    'Option "taau" of layout of generate is not known, did you mean "tau"?',
  ],
  [
    generate({ fusion: { tau: 1 }, layout: { tau: 1 } }),
    "Options fusion and layout are one: layout is the old name, give fusion alone",
  ],
  [
    generate({ size: { widht: 64, height: 64 } }),
    'Option "widht" of size of generate is not known, did you mean "width"?',
  ],
  [
    generate({ until: { iuo: 1 } }),
    'Option "iuo" of until of generate is not known, did you mean "iou"?',
  ],
  [
    generate({ rulers: { dettector: 1 } }),
    'Option "dettector" of rulers of generate is not known, did you mean "detector"?',
  ],
  [
    () => one().steps({ sead: 3 } as Any).next(),
    'Option "sead" of steps is not known, did you mean "seed"?',
  ],
]);

holds("values of generate's options", [
  [generate(7), "Options of generate must be an object, got 7"],
  [generate(null), "Options of generate must be an object, got null"],
  [generate("pocket"), 'Options of generate must be an object, got "pocket"'],
  [
    generate(Promise.resolve({})),
    "Options of generate must be an object, got a promise (is an await missing?)",
  ],
  [
    generate({ seed: "7" }),
    'Option seed of generate must be a whole number from 0 to 2^53 - 1 or "random", got the string "7"',
  ],
  [
    generate({ seed: null }),
    'Option seed of generate must be a whole number from 0 to 2^53 - 1 or "random", got null',
  ],
  [
    generate({ seed: 7n }),
    'Option seed of generate must be a whole number from 0 to 2^53 - 1 or "random", got 7n',
  ],
  [
    generate({ seed: -1 }),
    'Seed is -1: it must be a whole number from 0 to 2^53 - 1 or "random"',
  ],
  [
    generate({ seed: 1.5 }),
    'Seed is 1.5: it must be a whole number from 0 to 2^53 - 1 or "random"',
  ],
  [
    generate({ seed: 2 ** 53 }),
    'Seed is 9007199254740992: it must be a whole number from 0 to 2^53 - 1 or "random"',
  ],
  [
    generate({ seed: NaN }),
    'Seed is NaN: it must be a whole number from 0 to 2^53 - 1 or "random"',
  ],
  [
    generate({ steps: 0 }),
    "Number of steps is 0: it must be a whole number from 1 to 1000",
  ],
  [
    generate({ steps: 1001 }),
    "Number of steps is 1001: it must be a whole number from 1 to 1000",
  ],
  [
    generate({ steps: 2.5 }),
    "Number of steps is 2.5: it must be a whole number from 1 to 1000",
  ],
  [
    generate({ steps: "20" }),
    'Option steps of generate must be a whole number from 1 to 1000, got the string "20"',
  ],
  [
    generate({ guidance: 1e308 }),
    "Guidance is 1e+308: it must be a number from 0 to 1000",
  ],
  [
    generate({ guidance: Infinity }),
    "Guidance is Infinity: it must be a number from 0 to 1000",
  ],
  [
    generate({ guidance: -1 }),
    "Guidance is -1: it must be a number from 0 to 1000",
  ],
  [
    generate({ guidance: "7.5" }),
    'Option guidance of generate must be a number from 0 to 1000, got the string "7.5"',
  ],
  [
    generate({ guidance: true }),
    "Option guidance of generate must be a number from 0 to 1000, got true",
  ],
  [generate({ eta: 2 }), "Eta is 2: it must be a number from 0 to 1"],
  [
    generate({ guidanceInterval: [0.8, 0.2] }),
    "Guidance interval is [0.8, 0.2]: it must be two numbers from 0 to 1, the smaller first",
  ],
  [
    generate({ guidanceInterval: 0.5 }),
    "Option guidanceInterval of generate must be two numbers from 0 to 1, the smaller first, got 0.5",
  ],
  [
    generate({ deepEvery: 0 }),
    "Option deepEvery is 0: it must be a whole number from 1 to 1000",
  ],
  [
    generate({ sampler: "dpm" }),
    'Sampler "dpm" is not known, did you mean "dpm2"?',
  ],
  [
    generate({ sampler: 3 }),
    'Option sampler of generate must be a sampler\'s name, or an object such as { name: "ddim", eta: 0.3 }, got 3',
  ],
  [
    generate({ backend: "gpu" }),
    'Option backend is "gpu": it must be "auto", "tensorflow-gpu", "onnx-cuda", "onnx-webgpu", "onnx", "tensorflow", "wasm", "onnx-dml", "onnx-coreml", "webgpu" or "cpu"',
  ],
  [
    generate({ size: [64, 64] }),
    "Option size of generate must be { width, height } in pixels, got [64, 64]",
  ],
  [
    generate({ size: 64 }),
    "Option size of generate must be { width, height } in pixels, got 64",
  ],
  [
    generate({ size: "64x64" }),
    'Option size of generate must be { width, height } in pixels, got the string "64x64"',
  ],
  [
    generate({ size: { width: "64", height: 64 } }),
    'Option width of size of generate must be a whole number from 1 to 16384, got the string "64"',
  ],
  [
    generate({ size: { width: 0, height: 64 } }),
    "Option width is 0: it must be a whole number from 1 to 16384",
  ],
  [
    generate({ layout: { tau: -1 } }),
    "Layout option tau is -1: it must be a number from 0 to 1000",
  ],
  [
    generate({ fusion: { tau: -1 } }),
    "Fusion option tau is -1: it must be a number from 0 to 1000",
  ],
  [
    generate({ fusion: { grg: 1 } }),
    "Option grg of fusion of generate must be true or false, got 1",
  ],
  [
    generate({ fusion: { overlap: "mean" } }),
    'Option overlap is "mean": it must be "average", "sum" or "top"',
  ],
  [
    generate({ fusion: 3 }),
    "Option fusion of generate must be an object of settings of Eq. (1), such as { tau: 0.5 }, got 3",
  ],
  [
    generate({ model: 5 }),
    'Option model of generate must be a loaded model or the name of one: "pocket", a folder, a .safetensors file, or a hub id like "org/repo", got 5',
  ],
  [
    generate({
      model: LocRef.load("pocket", { backend: "onnx" }).then((m) =>
        m.dispose()
      ),
    }),
    'Option model of generate must be a loaded model or the name of one: "pocket", a folder, a .safetensors file, or a hub id like "org/repo", got a promise (is an await missing?)',
  ],
  [
    generate({ model: "" }),
    'Option model is "": it must be a loaded model or the name of one: "pocket", a folder, a .safetensors file, or a hub id like "org/repo"',
  ],
  [
    generate({ signal: new AbortController() }),
    "Option signal of generate must be an AbortSignal (the signal of an AbortController), got an AbortController",
  ],
  [
    generate({ signal: true }),
    "Option signal of generate must be an AbortSignal (the signal of an AbortController), got true",
  ],
  [
    generate({ trace: "yes" }),
    'Option trace of generate must be true or false, got the string "yes"',
  ],
  [
    generate({ size: { width: 64 } }),
    'Option size of generate lacks "height": it must be { width, height } in pixels',
  ],
  [
    generate({ size: {} }),
    'Option size of generate lacks "width": it must be { width, height } in pixels',
  ],
  [
    generate({ limits: 3 }),
    "Option limits of generate must be an object of limits, such as { bytes: 1e6 }, got 3",
  ],
  [
    generate({ limits: { bites: 3 } }),
    'Option "bites" of limits is not known, did you mean "bytes"?',
  ],
  [
    generate({ seed: "rnadom" }),
    'Option seed of generate must be a whole number from 0 to 2^53 - 1 or "random", got the string "rnadom"',
  ],
  [
    generate({ seed: 2 ** 53 - 2, n: 4 }),
    "Seed is 9007199254740990: the last of 4 pictures would have a seed above 2^53 - 1",
  ],
  [
    generate({ onStep: true }),
    "Option onStep of generate must be a function, got true",
  ],
  [
    () => one().steps({ onStep: () => {} }).next(),
    "Option onStep is for generate: steps() itself yields after every step",
  ],
  [
    generate({ n: 3, until: { iou: 0.5 } }),
    'Option n is 3: say which picture to keep with { keep: "best" }',
  ],
  [
    () => sweep(one(), { n: 3 }).next(),
    'Option n of sweep is 3: it counts candidates for each picture, so it needs { keep: "best" }; for more pictures give more seeds',
  ],
  [
    generate({ callback: () => {} }),
    'Option "callback" of generate is called "onStep" here',
  ],
  [
    generate({ folder: 3 }),
    "Option folder of generate must be a folder's path, got 3",
  ],
  [
    generate({ until: 0.7 }),
    "Option until of generate must be an object of least scores, such as { iou: 0.7 }, got 0.7",
  ],
  [
    generate({ until: { iou: "0.7" } }),
    'Option iou of until of generate must be a number from -1 to 1, got the string "0.7"',
  ],
  [
    generate({ until: { iou: 2 } }),
    "Option until.iou is 2: it must be a number from -1 to 1",
  ],
  [
    generate({ n: 2, keep: "worst" }),
    'Option keep is "worst": it must be "best"',
  ],
  [
    generate({ n: 0 }),
    "Option n is 0: it must be a whole number from 1 to 1000",
  ],
  [
    generate({ n: "2" }),
    'Option n of generate must be a whole number from 1 to 1000, got the string "2"',
  ],
  [
    generate({
      rulers: loadRulers({ backend: "onnx" }).then((r) =>
        Promise.all([r.detector.dispose(), r.encoder.dispose()])
      ),
    }),
    "Option rulers of generate must be rulers as loadRulers gives them, { detector, encoder }, got a promise (is an await missing?)",
  ],
]);

holds("instances", [
  [
    place({ scael: 0.1 }),
    'Option "scael" of place is not known, did you mean "scale"?',
  ],
  [
    place({ strength: 0.1 }),
    'Option "strength" of place is called "scale" here',
  ],
  [place({ prompt: "a" }), 'Option "prompt" of place is called "caption" here'],
  [
    place({ negative_prompt: "a" }),
    'Option "negative_prompt" of place is called "negativeCaption" here',
  ],
  [place(0.5), "Options of place must be an object, got 0.5"],
  [place(null), "Options of place must be an object, got null"],
  [
    place({ scale: "7" }),
    'Instance 1 ("a.png"): scale must be a number, got the string "7"',
  ],
  [
    place({ scale: NaN }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got NaN',
  ],
  [
    place({ scale: Infinity }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got Infinity',
  ],
  [
    place({ caption: ["a"] }),
    'Instance 1 ("a.png"): caption must be a string, got ["a"]',
  ],
  [
    place({ cutout: true }),
    'Instance 1 ("a.png"): cutout must be "alpha", "model", "none", or the path of a mask, got true',
  ],
  [
    place({ start: null }),
    'Instance 1 ("a.png"): start must be a number, got null',
  ],
  [
    place({ z: "top" }),
    'Instance 1 ("a.png"): z must be a number, got the string "top"',
  ],
  [
    place({ seed: 1.5 }),
    'Instance 1 ("a.png"): seed must be a whole number of 0 or more, got 1.5',
  ],
  [
    () => one().change(0, { scael: 1 } as Any),
    'Option "scael" of change is not known, did you mean "scale"?',
  ],
  [
    () => one().change(0, undefined as Any),
    "Options of change must be an object, got nothing",
  ],
  [
    () => one().change("0" as Any, {}),
    'There is no instance "0": the scene has 1, counted from 0',
  ],
  [
    () => one().remove(undefined as Any),
    "There is no instance nothing: the scene has 1, counted from 0",
  ],
  [
    placeReference(undefined),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got nothing",
  ],
  [
    placeReference({ reference: "a", box: whole }),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got { reference, box }",
  ],
  [
    placeReference(Deno.readFile("examples/assets/star.png")),
    "Instance 1: reference must be a path, a URL, the bytes of a picture, or a picture, got a promise (is an await missing?)",
  ],
  [placeReference(""), 'Instance 1 (""): reference must be a path or URL'],
]);

const made =
  "box must be made by box.xyxy, box.xywh, box.centre, box.fraction or box.percent";
holds("boxes", [
  [
    placeBox([1, 2, 30, 40]),
    `Instance 1 ("a.png"): ${made}, got [1, 2, 30, 40], did you mean box.xyxy(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ xyxy: [1, 2, 30, 40] }),
    `Instance 1 ("a.png"): ${made}, got { xyxy }, did you mean box.xyxy(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ percent: [1, 2, 30, 40] }),
    `Instance 1 ("a.png"): ${made}, got { percent }, did you mean box.percent(1, 2, 30, 40)?`,
  ],
  [
    placeBox({ box: whole }),
    `Instance 1 ("a.png"): ${made}, got { box }, did you mean its member box?`,
  ],
  [
    placeBox({ x: 1, y: 2, width: 3, height: 4 }),
    `Instance 1 ("a.png"): ${made}, got { x, y, width, height }, did you mean box.xywh(1, 2, 3, 4)?`,
  ],
  [
    placeBox({ x0: 0, y0: 0, x1: 1, y1: 1 }),
    `Instance 1 ("a.png"): ${made}, got { x0, y0, x1, y1 }, did you mean box.fraction(0, 0, 1, 1)?`,
  ],
  [placeBox(undefined), `Instance 1 ("a.png"): ${made}, got nothing`],
  [
    placeBox(Promise.resolve(whole)),
    `Instance 1 ("a.png"): ${made}, got a promise (is an await missing?)`,
  ],
  [placeBox("1,2,3,4"), `Instance 1 ("a.png"): ${made}, got "1,2,3,4"`],
  [
    () => one().change(0, { box: [1, 2, 3, 4] as Any }),
    `Instance 1 ("examples/assets/star.png"): ${made}, got [1, 2, 3, 4], did you mean box.xyxy(1, 2, 3, 4)?`,
  ],
  [
    () => (box.xyxy as Any)([1, 2, 3, 4]),
    "Maker box.xyxy takes four numbers, x0, y0, x1, y1, got [1, 2, 3, 4]",
  ],
  [
    () => (box.xywh as Any)(1, 2, 3),
    "Maker box.xywh takes four numbers, x, y, width, height, got 1, 2, 3",
  ],
  [
    () => (box.percent as Any)("1", 2, 3, 4),
    'Maker box.percent takes four numbers, x0, y0, x1, y1, got "1", 2, 3, 4',
  ],
  [
    () => (box.fraction as Any)(),
    "Maker box.fraction takes four numbers, x0, y0, x1, y1, got nothing",
  ],
  [
    placeBox(box.xyxy(NaN, 0, 1, 1)),
    'Instance 1 ("a.png"): box [NaN, 0, 1, 1] px must hold four finite numbers',
  ],
]);

holds("scenes", [
  [
    () => scene({ width: 64, height: 64 } as Any),
    "Scene: width must be a whole number from 1 to 16384, got { width, height }: the size is two numbers, scene(width, height)",
  ],
  [
    () => scene("512" as Any),
    'Scene: width must be a whole number from 1 to 16384, got the string "512": the size is two numbers, scene(width, height)',
  ],
  [
    () => scene([512, 512] as Any),
    "Scene: width must be a whole number from 1 to 16384, got [512, 512]: the size is two numbers, scene(width, height)",
  ],
  [
    () => scene(0),
    "Scene: width must be a whole number from 1 to 16384, got 0",
  ],
  [
    () => scene(512, 1e9),
    "Scene: height must be a whole number from 1 to 16384, got 1000000000",
  ],
  [
    () => scene(512, NaN),
    "Scene: height must be a whole number from 1 to 16384, got NaN",
  ],
  [
    () => (scene as Any)(64, 64, { seed: 1 }),
    "A scene begins with scene(width, height), got 3 arguments: options are those of its methods",
  ],
  [
    () => begin().caption(undefined as Any),
    "Caption of the scene must be a string, got nothing",
  ],
  [
    () => begin().caption(["a"] as Any),
    'Caption of the scene must be a string, got ["a"]',
  ],
  [
    () => begin().negative(5 as Any),
    "Negative caption of the scene must be a string, got 5",
  ],
  [
    () => begin().overlap(undefined as Any),
    'Overlap of the scene must be "average", "sum" or "top", got nothing',
  ],
  [
    () => begin().overlap("mean" as Any),
    'Scene: overlap must be "average", "sum" or "top", got "mean"',
  ],
  [
    () => scene.from({ captoin: "x" }),
    'Scene: unknown key "captoin" in the scene, did you mean "caption"?',
  ],
  [
    () => scene.from({ size: { widht: 3, height: 3, width: 3 } }),
    'Scene: unknown key "widht" in size, did you mean "width"?',
  ],
  [
    () =>
      scene.from({
        instances: [{
          reference: "a",
          box: { percent: [0, 0, 9, 9] },
          scael: 1,
        }],
      }),
    'Scene: unknown key "scael" in instances[0], did you mean "scale"?',
  ],
  [
    () =>
      scene.from({
        instances: [{
          reference: "a",
          box: { percent: [0, 0, 9, 9] },
          scale: "1",
        }],
      }),
    'Scene: instances[0].scale must be a number, got the string "1"',
  ],
  [
    () => scene.from(Promise.resolve({})),
    "Scene: the scene must be an object, got a promise (is an await missing?)",
  ],
  [() => scene.from(null), "Scene: the scene must be an object, got null"],
  [
    () => scene.from({ prompt: "a" }),
    'Scene: unknown key "prompt" in the scene, it is called "caption" here',
  ],
  [
    () => scene.from({ instances: [{ reference: "a", bbox: [1, 2, 3, 4] }] }),
    'Scene: unknown key "bbox" in instances[0], it is called "box" here',
  ],
  [() => scene.from({ size: { width: 64 } }), 'Scene: size lacks "height"'],
  [
    () => scene.from({}, { folde: "a" } as Any),
    'Option "folde" of scene.from is not known, did you mean "folder"?',
  ],
  [
    () => scene.from({}, { folder: 3 } as Any),
    "Option folder of scene.from must be a folder's path, got 3",
  ],
  [
    () => scene.fromImage(undefined as Any),
    "What scene.fromImage reads must be the path of a PNG file, or its bytes, got nothing",
  ],
]);

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
    'Option precision is "fp16": it must be "float32" or "float16"',
  ],
  [
    load({ cache_dir: "x" }),
    'Option "cache_dir" of LocRef.load does not exist here, use the environment variable HF_HUB_CACHE',
  ],
  [
    load({ backend: "gpu" }),
    'Option backend is "gpu": it must be "auto", "tensorflow-gpu", "onnx-cuda", "onnx-webgpu", "onnx", "tensorflow", "wasm", "onnx-dml", "onnx-coreml", "webgpu" or "cpu"',
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

holds("previews, sweeps and data sets", [
  [
    () => one().preview({ modle: "sd15" } as Any),
    'Option "modle" of preview is not known, did you mean "model"?',
  ],
  [
    () => one().preview({ model: "sdxl" as Any }),
    'Option model is "sdxl": it must be a loaded model or "pocket" or "sd15"',
  ],
  [
    () => one().preview({ is: 1 as Any }),
    "Option is of preview must be true or false, got 1",
  ],
  [
    () => one().preview(3 as Any),
    "Options of preview must be an object, got 3",
  ],
  [
    () => sweep(one(), { seeds: 3 as Any }).next(),
    "Option seeds of sweep must be a list of seeds, such as [0, 1, 2], got 3",
  ],
  [
    () => sweep(one(), { seeds: [1.5] }).next(),
    "Option seeds is [1.5]: it must be a list of seeds, such as [0, 1, 2]",
  ],
  [
    () => sweep(one(), { seed: 3 } as Any).next(),
    'Option "seed" of sweep is called "seeds" here',
  ],
  [
    () => sweep(one(), { sedes: [3] } as Any).next(),
    'Option "sedes" of sweep is not known, did you mean "seeds"?',
  ],
  [
    () => sweep(one(), { references: "a.png" as Any }).next(),
    'Option references of sweep must be a list of lists of references, got the string "a.png"',
  ],
  [
    () => sweep(one(), { references: ["a.png"] as Any }).next(),
    'Option references is ["a.png"]: it must be a list of lists of references',
  ],
  [
    () => sweep(one(), { boxes: [whole] as Any }).next(),
    "Option boxes is [{ unit, xyxy }]: it must be a list of lists of boxes",
  ],
  [
    () => sweep(Promise.resolve(one()) as Any).next(),
    "What sweep varies must be a scene, got a promise (is an await missing?)",
  ],
  [
    () => saveCoco("out", picture as Any),
    "Pictures of saveCoco must be a list of pictures, or what sweep gives, got a Picture",
  ],
  [
    () => saveCoco("out", [3] as Any),
    "Picture 1 of saveCoco must be a picture that generate made, got 3",
  ],
  [
    () => saveCoco(undefined as Any, []),
    "Folder of saveCoco must be a folder's path, got nothing",
  ],
  [
    () => saveCoco("out", [], { categoreis: [] } as Any),
    'Option "categoreis" of saveCoco is not known, did you mean "categories"?',
  ],
  [
    () => saveCoco("out", [], { categories: "dog" as Any }),
    'Option categories of saveCoco must be a list of class names, got the string "dog"',
  ],
]);

const trace = new AttentionTrace(one().toJSON(), [], picture);
holds("saving and showing", [
  [
    () => picture.save(undefined as Any),
    'Path to save to must be a file\'s path, such as "out/picture.png", got nothing',
  ],
  [
    () => picture.save("out/a.gif"),
    'Cannot write a picture to "out/a.gif": its name must end in .png, .webp, .jpg or .jpeg',
  ],
  [
    () => picture.save("out"),
    'Cannot write a picture to "out": its name must end in .png, .webp, .jpg or .jpeg',
  ],
  [
    () => picture.save("a.png", { qualty: 3 } as Any),
    'Option "qualty" of save is not known, did you mean "quality"?',
  ],
  [
    () => picture.save("a.png", "webp" as Any),
    'Options of save must be an object, got "webp"',
  ],
  [
    () => picture.save("a.jpg", { quality: 0 }),
    "Option quality is 0: it must be a whole number from 1 to 100",
  ],
  [
    () => picture.encode({ format: "gif" as Any }),
    'Option format is "gif": it must be "png", "webp" or "jpeg"',
  ],
  [
    () => picture.labels("voc" as Any),
    'Labels are "coco" or "yolo", got "voc"',
  ],
  [
    () => picture.labels("yolo", "dog" as Any),
    'Names of labels must be a list of class names, got the string "dog"',
  ],
  [
    () => gallery([] as Any),
    "Pictures of gallery must be an object of titled pictures, such as { first: picture }, got []",
  ],
  [
    () => gallery({ a: one().generate({ steps: 0 }).catch(() => {}) } as Any),
    'Picture "a" of gallery must be a picture, got a promise (is an await missing?)',
  ],
  [
    () => gallery({ a: picture }, { colums: 2 } as Any),
    'Option "colums" of gallery is not known, did you mean "columns"?',
  ],
  [
    () => gallery({ a: picture }, { columns: 0 }),
    "Option columns is 0: it must be a whole number from 1 to 100",
  ],
  [
    () => table([], { digit: 2 } as Any),
    'Option "digit" of table is not known, did you mean "digits"?',
  ],
  [
    () => table({ a: 1 } as Any),
    "Rows of table must be a list of objects, got { a }",
  ],
  [
    () => shown("text" as Any),
    'What shown shows must be texts by media type, such as { "text/html": "<b>a</b>" }, got "text"',
  ],
  [
    () => showSteps(one().generate({ steps: 0 }).catch(() => {}) as Any),
    "What showSteps shows must be what scene.steps() returns, got a promise (is an await missing?)",
  ],
  [
    () => showSteps(one().steps(), { evry: 2 } as Any),
    'Option "evry" of showSteps is not known, did you mean "every"?',
  ],
  [
    () => showSteps(one().steps(), { every: 0 }),
    "Option every is 0: it must be a whole number of at least 1",
  ],
  [
    () => trace.map(3),
    'Nothing was traced for 3: the term must be "text", "composite", or the index of one of 1 instances, from 0',
  ],
  [
    () => trace.map(0, { form: 2 } as Any),
    'Option "form" of map is not known, did you mean "from"?',
  ],
]);

holds("what would otherwise be dropped in silence", [
  [
    () => (begin() as Any).caption("a star", "a moon"),
    'Call caption(text) takes no further argument, got "a moon"',
  ],
  [
    () => (begin() as Any).place("a.png", whole, {}, { scale: 1 }),
    "Call place(reference, box, options) takes no further argument, got { scale }",
  ],
  [
    () => (one() as Any).generate({}, { seed: 3 }),
    "Call generate(options) takes no further argument, got { seed }",
  ],
  [
    () => (one() as Any).steps({}, 3).next(),
    "Call steps(options) takes no further argument, got 3",
  ],
  [
    () => (LocRef.load as Any)("pocket", {}, 1),
    "Call LocRef.load(name, options) takes no further argument, got 1",
  ],
  [
    () => new (LocRef as Any)(),
    "A model is made by LocRef.load(name), not by new",
  ],
  [
    () => scene(undefined, 512),
    "A scene's height needs a width: scene(width, height), got nothing and 512",
  ],
  [
    generate(new Map([["seed", 3]])),
    "Options of generate must be an object, got a Map",
  ],
  [
    generate({ size: new Map() }),
    "Option size of generate must be { width, height } in pixels, got a Map",
  ],
  [
    // deno-lint-ignore no-sparse-arrays
    placeBox({ unit: "px", xyxy: [0, , 1, 1] }),
    'Instance 1 ("a.png"): box [0, nothing, 1, 1] px must hold four finite numbers',
  ],
  [
    // deno-lint-ignore no-sparse-arrays
    () => sweep(one(), { seeds: [1, , 2] as Any }).next(),
    "Option seeds is [1, , 2]: it must be a list of seeds, such as [0, 1, 2]",
  ],
  [
    () => scene.from({ size: [64, 64] }),
    "Scene: size must be { width, height } in pixels, got [64, 64]",
  ],
  [
    place({ scale: 1e9 }),
    'Instance 1 ("a.png"): scale must be from 0 to 1000, got 1000000000',
  ],
  [
    generate({ fusion: { tau: 1e30 } }),
    "Fusion option tau is 1e+30: it must be a number from 0 to 1000",
  ],
  [
    generate({ deepEvery: 1e9 }),
    "Option deepEvery is 1000000000: it must be a whole number from 1 to 1000",
  ],
  [
    () => {
      const bytes = new Uint8Array(4);
      structuredClone(bytes, { transfer: [bytes.buffer] });
      return begin().place(bytes, whole);
    },
    "Instance 1: reference is a Uint8Array whose bytes were transferred elsewhere: give a copy",
  ],
  [
    () => picture.save("out/a.png", { format: "jpeg" }),
    'Option format is "jpeg", but the name "out/a.png" is one of a png file',
  ],
  [
    () => picture.save("out/a.png", { quality: 50 }),
    "Option quality is 50: it is for webp and jpeg, a PNG file loses nothing",
  ],
  [
    () => picture.save("out/a.png", { scale: 17 }),
    "Option scale is 17: it must be a whole number from 1 to 16",
  ],
  [
    () => picture.save("out/a.png", { enlarge: "nearest" }),
    'Option enlarge is "nearest": it goes with scale, which is missing',
  ],
  [
    () => picture.save("out/a.jpg", { provenance: "full" }),
    'Option provenance is "full": only a PNG file holds it, and this one is jpeg',
  ],
  [
    () => saveCoco("out", []),
    "Pictures of saveCoco must be one at least, got none: a generator that was read to its end has no more",
  ],
  [
    () => saveCoco("out", [picture], { categories: ["star", "star"] }),
    'Option categories of saveCoco must differ, but "star" is given twice',
  ],
  [
    () => saveCoco("out", [picture], { categories: [] }),
    'An instance is a "star", which is no class, since there are none',
  ],
  [
    () => picture.labels("yolo", ["a", "a"]),
    'Names of labels must differ, but "a" is given twice',
  ],
  [
    () => gallery({ a: { width: 10, height: 10, data: new Uint8Array(3) } }),
    'Picture "a" of gallery must be four bytes a pixel, got 3 bytes for 10 × 10 pixels',
  ],
  [
    () => table([{ a: 1 }, { a: Promise.resolve(1) as Any }]),
    'Cell "a" of row 2 of table must be a string, a number, true, false or null, got a promise (is an await missing?)',
  ],
  [
    () => samplers.add(undefined as Any),
    "Options of samplers.add must be an object, got nothing",
  ],
  [
    () => samplers.add({ name: "mine" } as Any),
    "Option summary of samplers.add must be a string, got nothing",
  ],
  [
    () => picture.save(`${"x".repeat(1e6)}.gif`),
    `Cannot write a picture to "${
      "x".repeat(79)
    }…": its name must end in .png, .webp, .jpg or .jpeg`,
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

holds("layouts", [
  [
    () => layout.row("2" as Any),
    'Layout needs a whole number of boxes of at least 1, got "2"',
  ],
  [
    () => layout.row(undefined as Any),
    "Layout needs a whole number of boxes of at least 1, got nothing",
  ],
  [
    () => layout.grid(1e9),
    "Layout needs a whole number of boxes of at least 1, got 1000000000, and 1000 at most",
  ],
  [
    () => layout.row(2, { gpa: 0.1 } as Any),
    'Option "gpa" of layout.row is not known, did you mean "gap"?',
  ],
  [
    () => layout.row(2, { columns: 1 } as Any),
    'Option "columns" of layout.row is not known, known are margin, gap',
  ],
  [
    () => layout.grid(2, { margin: "1" } as Any),
    'Option margin of layout.grid must be a number from 0 to 1, got the string "1"',
  ],
  [
    () => layout.scatter(2, { seed: -1 }),
    "Option seed is -1: it must be a whole number from 0 to 2^53 - 1",
  ],
  [
    () => layout.scatter(2, { sede: 1 } as Any),
    'Option "sede" of layout.scatter is not known, did you mean "seed"?',
  ],
]);

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

Deno.test("importing the package loads no code of models", async () => {
  const root = new URL("../", import.meta.url);
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "mod.ts"],
    cwd: root,
  }).output();
  const { roots, modules } = JSON.parse(new TextDecoder().decode(stdout));
  const known = new Map<string, Any>(
    modules.map((module: Any) => [module.specifier, module]),
  );
  const reached = new Set<string>(roots);
  for (const specifier of reached) {
    for (
      const { code, isDynamic } of known.get(specifier)?.dependencies ?? []
    ) {
      if (!isDynamic && code?.specifier) reached.add(code.specifier);
    }
  }
  const heavy = ["lib/pipeline/load/load_model", "lib/bases/", "lib/encoders/"];
  assertEquals(
    [...reached].filter((one) =>
      heavy.some((part) => one.startsWith(new URL(part, root).href))
    ),
    [],
  );
});
