import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inputProblem } from "../../../lib/weights/unet_channels.ts";

Deno.test("A UNet that reads latents, or a mask with them, is fine", () => {
  for (const latents of [4, 16]) {
    assertEquals(inputProblem(latents, latents), undefined);
    assertEquals(inputProblem(2 * latents + 1, latents), undefined);
  }
});

Deno.test("A UNet of Stable Diffusion's latents that reads twice their channels edits pictures", () => {
  assertMatch(inputProblem(8, 4)!, /^it is a picture-editing UNet/);
});

Deno.test("A UNet with more channels than latents, by coordinates that a config can name, says which", () => {
  const cases: [all: number, latents: number, octaves: number][] = [
    [32, 16, 4],
    [20, 16, 1],
    [48, 16, 8],
    [33 + 16, 16, 4], // with a mask
    [12, 4, 2],
  ];
  for (const [all, latents, octaves] of cases) {
    const said = inputProblem(all, latents)!;
    assertStringIncludes(
      said,
      `it reads ${all} channels, but latents have ${latents}: `,
    );
    assertStringIncludes(said, `(_locref: { coordinates: ${octaves} })`);
    assertEquals(inputProblem(all, latents, octaves), undefined);
  }
  for (const [all, latents] of [[22, 16], [52, 16], [6, 4]] as const) {
    assertEquals(
      inputProblem(all, latents),
      `it reads ${all} channels, but latents have ${latents}`,
    );
  }
});

Deno.test("Coordinates of a config that do not fit are said with those that do", () => {
  assertEquals(
    inputProblem(32, 16, 2),
    "it reads 32 channels, but latents have 16 and its coordinates 8: its config.json must name _locref: { coordinates: 4 }",
  );
  assertEquals(
    inputProblem(16, 16, 2),
    "it reads 16 channels, but latents have 16 and its coordinates 8",
  );
});
