import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  coordinatesOf,
  pocketUnetConfig,
  unetFile,
} from "../../../../train/pocket/stages/unet_config.ts";

const start = new URL("../../../../models/pocket", import.meta.url).pathname;

Deno.test("a run has the coordinates of the model that it starts from", async () => {
  assertEquals(await coordinatesOf({ start }), 4);
  assertEquals(await coordinatesOf({ start, coordinates: 4 }), 4);
});

Deno.test("a run from fresh weights has the coordinates of its config, else none", async () => {
  assertEquals(await coordinatesOf({ coordinates: 2 }), 2);
  assertEquals(await coordinatesOf({}), 0);
});

Deno.test("other coordinates than those of the start are refused by key and file", async () => {
  const error = await assertRejects(
    () => coordinatesOf({ start, coordinates: 2 }),
    LocRefError,
    'Key "coordinates" is 2, but the model of "start" has 4 (',
  );
  assertEquals(error.code, "config-invalid");
});

Deno.test("a UNet's file counts coordinates among its inputs and names them", () => {
  const family = { latentSide: 16, latentChannels: 16 };
  const { in_channels, _locref } = unetFile(
    pocketUnetConfig({ ...family, coordinates: 4 }),
  );
  assertEquals([in_channels, _locref], [32, { coordinates: 4 }]);
  assertEquals("_locref" in unetFile(pocketUnetConfig(family)), false);
});
