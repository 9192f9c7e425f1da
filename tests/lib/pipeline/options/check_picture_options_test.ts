import { assertStringIncludes, assertThrows } from "@std/assert";
import type { PictureOptions } from "../../../../lib/pipeline/options/picture_options.ts";
import { checkPictureOptions } from "../../../../lib/pipeline/options/check_picture_options.ts";

Deno.test("strengths by blocks need a block, and numbers that can be used", () => {
  checkPictureOptions({ fusion: { blocks: { style: 1 } } });
  const wrong: Record<string, number>[] = [
    {},
    { style: -1 },
    { style: 1001 },
    { style: NaN },
  ];
  for (const blocks of wrong) {
    assertThrows(
      () => checkPictureOptions({ fusion: { blocks } }),
      Error,
      "one strength or more from 0 to 1000 by names of blocks",
    );
  }
});

const taking: Record<string, (value: number) => PictureOptions> = {
  seed: (seed) => ({ seed }),
  steps: (steps) => ({ steps }),
  guidance: (guidance) => ({ guidance }),
  "the guidance interval": (to) => ({ guidanceInterval: [0, to] }),
  deepEvery: (deepEvery) => ({ deepEvery }),
  eta: (eta) => ({ eta }),
  "a sampler": (eta) => ({ sampler: { name: "ddim", eta } }),
  size: (width) => ({ size: { width, height: 64 } }),
  guidanceRescale: (guidanceRescale) => ({ guidanceRescale }),
  clipSkip: (clipSkip) => ({ clipSkip }),
  "a corner": (left) => ({ sizes: { crop: { left, top: 0 } } }),
  "an original size": (width) => ({
    sizes: { original: { width, height: 64 } },
  }),
  "a negative size": (width) => ({
    sizes: { negative: { target: { width, height: 64 } } },
  }),
  freeu: (b1) => ({ freeu: { b1 } }),
  pag: (pag) => ({ pag }),
  "pag's scale": (scale) => ({ pag: { scale } }),
  tau: (tau) => ({ fusion: { tau } }),
  blocks: (style) => ({ fusion: { blocks: { style, rest: 0 } } }),
  without: (scale) => ({ fusion: { without: { text: "a cat", scale } } }),
  "a method": (beta) => ({ methods: { gligen: { beta } } }),
  limits: (pixels) => ({ limits: { pixels } }),
};

for (const [name, options] of Object.entries(taking)) {
  Deno.test(`a number in ${name} that is refused is printed`, () => {
    for (const value of [NaN, -Infinity]) {
      const { message } = assertThrows(
        () => checkPictureOptions(options(value)),
        RangeError,
      );
      assertStringIncludes(message, `${value}`);
    }
  });
}
