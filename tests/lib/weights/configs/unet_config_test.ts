import { assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { parseUnetConfig } from "../../../../lib/weights/configs/unet_config.ts";

const file = "unet/config.json";

const parse = (_locref: unknown, in_channels = 20) =>
  parseUnetConfig({ in_channels, out_channels: 4, _locref }, { file });

Deno.test("coordinates are counted apart from the channels that a step is given", () => {
  const { config, warnings } = parse({ coordinates: 4 });
  assertEquals(config.in_channels, 4);
  assertEquals(config.coordinates, 4);
  assertEquals(warnings, []);
});

Deno.test("a UNet without settings of our own has no coordinates", () => {
  assertEquals("coordinates" in parse(undefined).config, false);
  assertEquals(parse(undefined).config.in_channels, 20);
});

Deno.test("coordinates are stretched over the grid unless a UNet says that it lies in the middle of a square", () => {
  const own = (fit?: string) => ({ coordinates: 4, coordinate_fit: fit });
  assertEquals(parse(own("contain")).config.coordinateFit, "contain");
  for (const fit of [undefined, "stretch"]) {
    assertEquals("coordinateFit" in parse(own(fit)).config, false);
  }
});

for (
  const [name, own, channels, said] of [
    ["more coordinates than channels", { coordinates: 4 }, 16, "must leave"],
    ["half an octave", { coordinates: 1.5 }, 20, "a whole number from 0 to 8"],
    ["a misspelt key", { coordinate: 4 }, 20, 'did you mean "coordinates"'],
    ["a fit of no coordinates", { coordinate_fit: "contain" }, 20, "no effect"],
    [
      "a fit that cuts",
      { coordinate_fit: "cover" },
      20,
      'must be "stretch" or "contain"',
    ],
    ["no object", 4, 20, "_locref"],
  ] as const
) {
  Deno.test(`${name} in a UNet's own settings is refused by name`, () => {
    const error = assertThrows(() => parse(own, channels), LocRefError, said);
    assertEquals(error.code, "config-invalid");
  });
}
