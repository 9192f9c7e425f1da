import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import {
  placingOf,
  pocketUnetConfig,
  unetFile,
} from "../../../../train/pocket/stages/unet_config.ts";
import { initialWeights } from "../../../../train/loop/initial_weights.ts";
import { pocketFamily } from "../../../../train/pocket/stages/family.ts";
import {
  jointShapes,
  writeModel,
} from "../../../../train/pocket/stages/write_model.ts";
import { inTempDir } from "../../../lib/weights/temp_dir.ts";

const start = new URL("../../../../models/pocket", import.meta.url).pathname;

Deno.test("a run has the coordinates of the model that it starts from", async () => {
  for (const coordinates of [undefined, 4]) {
    const placing = await placingOf({ start, coordinates });
    assertEquals(placing.coordinates, 4);
  }
});

Deno.test("a run's composite image lies as its config says, else as that of the model it starts from", async () => {
  const family = pocketFamily({
    ...{ side: 128, latentSide: 16, latentChannels: 16 },
    compositeFit: "contain",
  });
  await inTempDir(async (start) => {
    const weights = initialWeights(jointShapes(family), { seed: 1 });
    await writeModel(start, weights, family);
    const fitOf = async (compositeFit?: "stretch" | "contain") =>
      (await placingOf({ start, compositeFit })).compositeFit;
    assertEquals(await fitOf(), "contain");
    assertEquals(await fitOf("stretch"), "stretch");
  });
});

Deno.test("a run from fresh weights has the placing of its config, else no coordinates and a stretched composite", async () => {
  assertEquals(await placingOf({ coordinates: 2, compositeFit: "contain" }), {
    ...{ coordinates: 2, compositeFit: "contain" },
  });
  assertEquals(await placingOf({}), {
    coordinates: 0,
    compositeFit: "stretch",
  });
});

Deno.test("other coordinates than those of the start are refused by key and file", async () => {
  const error = await assertRejects(
    () => placingOf({ start, coordinates: 2 }),
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
  const { _locref: contained } = unetFile(
    pocketUnetConfig({ ...family, coordinates: 4, compositeFit: "contain" }),
  );
  assertEquals(contained, { coordinates: 4, coordinate_fit: "contain" });
  assertEquals("_locref" in unetFile(pocketUnetConfig(family)), false);
});
