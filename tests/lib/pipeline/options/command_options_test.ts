import { assertEquals, assertThrows } from "@std/assert";
import { readOptions } from "../../../../lib/core/command/read_options.ts";
import {
  modelOptions,
  partsOf,
} from "../../../../lib/pipeline/options/command_options.ts";

for (
  const [args, adapter] of [
    [[], undefined],
    [["--adapter", "a"], "a"],
    [["--adapter", "a", "--adapter", "b"], ["a", "b"]],
  ] as const
) {
  Deno.test(`--adapter given ${args.length / 2} times loads as many adapters`, () => {
    assertEquals(partsOf(readOptions(modelOptions, args)).adapter, adapter);
  });
}

for (
  const [given, lora] of [
    ["a.safetensors", { path: "a.safetensors" }],
    ["a.safetensors:-0.5", { path: "a.safetensors", scale: -0.5 }],
    ["a:0.8:0.3", { path: "a", scale: 0.8, textScale: 0.3 }],
    ["C:\\a.safetensors:1", { path: "C:\\a.safetensors", scale: 1 }],
    ["org/repo@v1:a.safetensors", { path: "org/repo@v1:a.safetensors" }],
    ["org/repo@v1:a.safetensors:2", {
      path: "org/repo@v1:a.safetensors",
      scale: 2,
    }],
    ["org/repo@v1:a.safetensors:2:0", {
      path: "org/repo@v1:a.safetensors",
      scale: 2,
      textScale: 0,
    }],
    ["org/repo@v1:b/a.safetensors:2:0", {
      path: "org/repo@v1:b/a.safetensors",
      scale: 2,
      textScale: 0,
    }],
  ] as const
) {
  Deno.test(`--lora ${given} is a file with its strengths`, () => {
    const { lora: found } = readOptions(modelOptions, ["--lora", given]);
    assertEquals(found, [lora]);
  });
}

for (
  const given of ["a:", "a:b", "a:1:b", "a:b:1", "a:1000", "a:1:", "o/r@v:a:b"]
) {
  Deno.test(`--lora ${given} is refused`, () => {
    assertThrows(
      () => readOptions(modelOptions, ["--lora", given]),
      Error,
      "FILE:SCALE:TEXTSCALE",
    );
  });
}
