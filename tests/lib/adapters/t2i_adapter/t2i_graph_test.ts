import { assertEquals } from "@std/assert";
import {
  namedFeatures,
  t2iGraph,
} from "../../../../lib/adapters/t2i_adapter/t2i_graph.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { stableDiffusionXlBase } from "../../../../lib/bases/sdxl/known_models.ts";

const size = { height: 64, width: 64 };

Deno.test("graphs of T2I-Adapters with and without a feature of the middle are other programs", () => {
  const programs = [3, 4].map((features) =>
    unetProgram(stableDiffusionXlBase, {
      size,
      adapters: [t2iGraph(features)],
    })
  );
  assertEquals(new Set(programs.map(({ name }) => name)).size, 2);
  const middle = programs.map(({ inputs }) =>
    Object.keys(inputs).some((name) => name.endsWith(".mid"))
  );
  assertEquals(middle, [false, true]);
});

Deno.test("features bear the names of their graph's inputs", () => {
  for (const features of [3, 4]) {
    const { inputs } = unetProgram(stableDiffusionXlBase, {
      size,
      adapters: [t2iGraph(features)],
    });
    for (const name of Object.keys(namedFeatures(Array(features).fill(0), 3))) {
      assertEquals(name in inputs, true, name);
    }
  }
});
