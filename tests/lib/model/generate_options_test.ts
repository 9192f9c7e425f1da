/** Mistakes in the values of options of `generate`. */

import { sweep } from "../../../mod.ts";
import { generate, holds, one } from "../../mistakes.ts";

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
    'Option backend is "gpu": it must be "auto", "tensorflow-gpu", "onnx-cuda", "onnx-webgpu", "onnx", "tensorflow", "wasm", "onnx-dml", "onnx-coreml", "webgpu" or "cpu", did you mean "onnx-webgpu"?',
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
    "Option width of size of generate is 0: it must be a whole number from 1 to 16384",
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
    'Option overlap of fusion of generate is "mean": it must be "average", "sum" or "top"',
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
    generate({ model: Promise.resolve({}) }),
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
    generate({ rulers: Promise.resolve({}) }),
    "Option rulers of generate must be rulers as loadRulers gives them, { detector, encoder }, got a promise (is an await missing?)",
  ],
]);
