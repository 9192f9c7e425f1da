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

Deno.test("notations that other programs exchange warn that they are read as words, whatever the options", () => {
  const cases: [string, string, string][] = [
    ["a cat, embedding:Good:1.2", "embedding:Good:1.2", "textual inversions"],
    ["easynegative, blurry", "easynegative", "textual inversions"],
    ["bad-hands-5", "bad-hands-5", "textual inversions"],
    ["ng_deepnegative_v1_75t", "ng_deepnegative_v1_75t", "textual inversions"],
    ["a [cat:dog:0.5]", "[cat:dog:0.5]", "the same in every step"],
    ["a [dog::.3]", "[dog::.3]", "the same in every step"],
    ["a [cat|dog]", "[cat|dog]", "the same in every step"],
    ["a cat AND a dog", "AND", "captions are not composed"],
    ["a {red|blue} cat", "{red|blue}", "nothing is chosen"],
    ["a __animal__", "__animal__", "nothing is chosen"],
  ];
  const read = { captionWeights: "a1111", longCaptions: true } as const;
  for (const [text, part, why] of cases) {
    for (const reading of [{}, read]) {
      const [warning = "", ...more] = notationWarnings(
        ["", text],
        named,
        reading,
      );
      assertEquals(more, []);
      assertEquals(
        warning.startsWith(`Caption: "${part}" is read as`),
        true,
        text,
      );
      assertEquals(warning.includes(why), true, warning);
    }
  }
});

Deno.test("words that only look like such a notation do not warn", () => {
  const texts = [
    "A CAT AND A DOG",
    "a cat and a dog, brand, [red], {blue}, snake_case, at [10:30], bad hands",
  ];
  assertEquals(notationWarnings(texts, named, {}), []);
});
