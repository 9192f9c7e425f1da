import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { identifyWeights } from "../../../../lib/weights/identify/identify_weights.ts";
import { prefixIn } from "../../../../lib/weights/single_file/part_file.ts";
import {
  type FileParts,
  prefixProblem,
} from "../../../../lib/weights/single_file/part_prefixes.ts";

function headerOf(shapes: Record<string, number[]>) {
  return {
    metadata: {},
    names: () => Object.keys(shapes),
    info: (name: string) => {
      const shape = shapes[name];
      return shape && { dtype: "F32" as const, shape, offset: 0, length: 0 };
    },
  };
}

const vae = (prefix: string) => ({
  [`${prefix}decoder.conv_in.weight`]: [512, 4, 3, 3],
  [`${prefix}encoder.down.0.block.0.conv1.weight`]: [128, 128, 3, 3],
  [`${prefix}decoder.up.0.block.0.conv1.weight`]: [128, 128, 3, 3],
});

const clip = (width: number) => (prefix: string) => ({
  [`${prefix}text_model.embeddings.token_embedding.weight`]: [49408, width],
  [`${prefix}text_model.final_layer_norm.weight`]: [width],
});

const parts: [keyof FileParts, (prefix: string) => Record<string, number[]>][] =
  [
    ["vae", vae],
    ["text_encoder", clip(768)],
    ["text_encoder_2", clip(1280)],
  ];

for (const [part, shapes] of parts) {
  Deno.test(`a prefix of ${part} that is not known is refused by loading and doctor, with those that are`, () => {
    const header = headerOf(shapes("my.wrapper."));
    const problem = prefixProblem(header, part)!;
    const { message } = assertThrows(
      () => prefixIn(header, { path: "a.safetensors", part }),
      LocRefError,
    );
    assertEquals(identifyWeights(header).unusable, problem);
    assertStringIncludes(message, problem);
    assertStringIncludes(problem, 'its tensors begin with "my.wrapper.": ');
    const known = /must begin with "([^"]+)".* or no prefix$/.exec(problem)!;
    for (const prefix of [known[1]!, ...part === "vae" ? [""] : []]) {
      const fine = headerOf(shapes(prefix));
      assertEquals(prefixProblem(fine, part), undefined);
      assertEquals(identifyWeights(fine).unusable, undefined);
      assertEquals(prefixIn(fine, { path: "a", part }), prefix);
    }
  });
}

Deno.test("many long prefixes make no long message", () => {
  const shapes = Object.assign(
    {},
    ...Array.from({ length: 99 }, (_, i) => vae(`${"x".repeat(999)}${i}.`)),
  );
  const problem = prefixProblem(headerOf(shapes), "vae")!;
  assertStringIncludes(problem, "and 96 more: they must begin with");
  assert(problem.length < 400, problem);
});
