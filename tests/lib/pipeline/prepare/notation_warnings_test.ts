import { assertEquals } from "@std/assert";
import { notationWarnings } from "../../../../lib/pipeline/prepare/notation_warnings.ts";

const named = ["Negative caption", "Caption"];

Deno.test("weights in a caption warn where they are read as words", () => {
  const texts = [
    "",
    "a (yellow:1.3) star (nice), (at 10:30), (16:9), (see: this)",
  ];
  assertEquals(notationWarnings(texts, named, {}), [
    'Caption: "(yellow:1.3)" is read as words: give captionWeights (--caption-weights), which reads it',
  ]);
  const read = { captionWeights: "a1111" } as const;
  assertEquals(notationWarnings(texts, named, read), []);
});

Deno.test("a LoRA's name in a caption warns that it loads none", () => {
  const texts = ["<lora:bad hands:-1>", "a <star> < b"];
  const warning =
    'Negative caption: "<lora:bad hands:-1>" is read as words: give the file with { loras } (--lora on the command line)';
  assertEquals(notationWarnings(texts, named, {}), [warning]);
  const read = { captionWeights: "comfyui" } as const;
  assertEquals(notationWarnings(texts, named, read), [warning]);
});

Deno.test("BREAK warns where it begins no other row", () => {
  const texts = ["", "a star BREAK a moon, unBREAKable"];
  assertEquals(notationWarnings(texts, named, {}), [
    'Caption: "BREAK" is read as words: give captionWeights (--caption-weights), which reads it',
  ]);
  const weighted = { captionWeights: "a1111" } as const;
  assertEquals(notationWarnings(texts, named, weighted), [
    'Caption: "BREAK" begins no other row: give longCaptions (--long-captions)',
  ]);
  const long = { ...weighted, longCaptions: true };
  assertEquals(notationWarnings(texts, named, long), []);
});
