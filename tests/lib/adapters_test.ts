/** The paper's rivals and related systems on one scene. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { LocRefError } from "../../lib/core/error.ts";
import { LocRef } from "../../lib/model/locref.ts";
import { box } from "../../lib/scene_data/box.ts";
import { scene } from "../../lib/scene/begin_scene.ts";
import { inTempDir } from "./weights/temp_dir.ts";
import {
  pixelsOf,
  reference,
  writeEncoder,
} from "./adapters/random_adapter.ts";
import {
  smallBase,
  smallIpAdapter,
  smallLocref,
} from "./adapters/small_base.ts";
import {
  fastComposerFile,
  gligenFile,
  migcFileIn,
  msFileIn,
} from "./adapters/rival_files.ts";

const goldens = new URL("../goldens/", import.meta.url);
const path = (name: string) => fromFileUrl(new URL(name, goldens));

const one = scene(64, 64).caption("a cat and a dog")
  .place(reference, box.percent(5, 10, 50, 70), { caption: "cat" })
  .place(reference, box.percent(50, 30, 95, 90), { caption: "dog" });

/** Places of a small GeoDiffusion. */
const grid = { columns: 4, rows: 4 };

/** The tiny model with words of places, as rows of its vocabulary. */
async function geoModel(dir: string): Promise<string> {
  const folder = join(dir, "geo");
  await cp(smallBase, folder, { recursive: true });
  const words = Array.from({ length: 16 }, (_, i) => [`<l${i}>`, 1000 + i]);
  await Deno.writeTextFile(
    join(folder, "tokenizer", "added_tokens.json"),
    JSON.stringify(Object.fromEntries(words)),
  );
  return folder;
}

Deno.test("every runner makes a picture of the same scene, with one word changed", async () => {
  await inTempDir(async (dir) => {
    const own = await writeEncoder(dir, 32);
    const encoder = path("clip-vision-gelu");
    const runners: Record<string, object> = {
      none: {},
      locref: {
        adapter: smallLocref,
        imageEncoder: encoder,
      },
      "IP-Adapter": { adapter: smallIpAdapter, imageEncoder: encoder },
      GLIGEN: { adapter: await gligenFile(dir) },
      MIGC: { adapter: await migcFileIn(dir) },
      "MIGC++": { adapter: await migcFileIn(dir, true) },
      "MS-Diffusion": {
        adapter: await msFileIn(dir, { inputWidth: 64 }),
        imageEncoder: own,
      },
      FastComposer: { adapter: await fastComposerFile(dir), imageEncoder: own },
      "bounded-attention": { adapter: "bounded-attention" },
      "layout-guidance": { adapter: "layout-guidance" },
      "style-aligned": { adapter: "style-aligned" },
      geodiffusion: { adapter: "geodiffusion" },
    };
    const geo = await geoModel(dir);
    const made = new Map<string, string>();
    for (const [name, options] of Object.entries(runners)) {
      const base = name === "geodiffusion" ? geo : smallBase;
      await using model = await LocRef.load(base, {
        ...options,
        backend: "onnx",
      });
      const drawn = name === "none"
        ? one.remove(1).remove(0)
        : name === "style-aligned"
        ? one.remove(1).remove(0).style("a drawing")
        : one;
      const settings = {
        ...(name === "geodiffusion" && { methods: { geodiffusion: grid } }),
        // one move is enough to see it
        ...(name === "layout-guidance" &&
          { methods: { "layout-guidance": { iterations: 1, steps: 1 } } }),
        ...(name === "bounded-attention" &&
          { methods: { "bounded-attention": { iterations: 1, steps: 1 } } }),
      };
      made.set(name, (await pixelsOf(drawn, model, settings)).join());
      if (name !== "IP-Adapter") continue;
      // InstantStyle is an IP-Adapter with strengths by blocks
      const blocks = { fusion: { blocks: { "up_blocks.1": 1 } } };
      made.set("InstantStyle", (await pixelsOf(one, model, blocks)).join());
    }
    assertEquals(made.size, 13);
    assertEquals(new Set(made.values()).size, made.size);
  });
});

Deno.test("LocRef goes together with GLIGEN, StyleAligned and layout guidance, all at once", async () => {
  await inTempDir(async (dir) => {
    const locref = smallLocref;
    const imageEncoder = path("clip-vision-gelu");
    const gligen = await gligenFile(dir);
    const pixels = async (adapter: readonly string[]) => {
      await using model = await LocRef.load(smallBase, {
        ...{ adapter, imageEncoder, backend: "onnx" },
      });
      const styled = adapter.includes("style-aligned")
        ? one.style("a drawing")
        : one;
      const methods = adapter.includes("layout-guidance")
        ? { methods: { "layout-guidance": { iterations: 1, steps: 1 } } }
        : {};
      return (await pixelsOf(styled, model, methods)).join();
    };
    const made = [
      await pixels([locref]),
      await pixels([locref, gligen]),
      await pixels([locref, "style-aligned"]),
      await pixels([locref, gligen, "style-aligned", "layout-guidance"]),
    ];
    assertEquals(new Set(made).size, made.length);
  });
});

Deno.test("systems that change the same place are refused by both names", async () => {
  await inTempDir(async (dir) => {
    const locref = smallLocref;
    const imageEncoder = path("clip-vision-gelu");
    const migc = await migcFileIn(dir);
    for (
      const adapter of [
        [locref, "bounded-attention"],
        [migc, "bounded-attention"],
        ["style-aligned", "bounded-attention"],
        [locref, migc],
        ["style-aligned", "style-aligned"],
        ["layout-guidance", "layout-guidance"],
      ]
    ) {
      const error = await assertRejects(
        () =>
          LocRef.load(smallBase, { adapter, imageEncoder, backend: "onnx" }),
        LocRefError,
      );
      for (const name of adapter) assert(error.message.includes(name), name);
    }
  });
});

Deno.test("GeoDiffusion is refused on a model without words of places", async () => {
  await using model = await LocRef.load(smallBase, {
    ...{ adapter: "geodiffusion", backend: "onnx" },
  });
  await assertRejects(
    () => pixelsOf(one, model),
    LocRefError,
    "has none",
  );
});
