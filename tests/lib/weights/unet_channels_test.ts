import { assertEquals, assertMatch } from "@std/assert";
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

Deno.test("A UNet of other latents that reads twice their channels may lack the config that names coordinates", () => {
  const said = inputProblem(32, 16)!;
  assertMatch(said, /^it reads 32 channels, but latents have 16/);
  assertMatch(said, /config\.json is missing .*coordinates \(_locref\)/);
});
