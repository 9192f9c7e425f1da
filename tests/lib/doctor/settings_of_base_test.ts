import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Base } from "../../../lib/bases/base.ts";
import { openBase } from "../../../lib/bases/bases.ts";
import { settingsOfBase } from "../../../lib/doctor/settings_of_base.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));

async function settings(
  name: string,
  scheduler: Partial<Base["scheduler"]> = {},
  adapters: readonly { kind: string }[] = [],
): Promise<string> {
  const base = await openBase(join(goldens, name));
  const changed = { ...base.scheduler, ...scheduler };
  return settingsOfBase({ ...base, scheduler: changed }, adapters);
}

Deno.test("a model's settings are those that it runs with where nothing else is requested", async () => {
  assertEquals(
    await settings("sdxl-tiny", {
      _class_name: "EulerDiscreteScheduler",
      prediction_type: "v_prediction",
    }),
    'family "sdxl" at 128 × 128 pixels, predicts v; by default sampler "euler", 30 steps, guidance 5',
  );
  assertStringIncludes(
    await settings("sdxl-tiny", {}, [{ kind: "locref" }]),
    'sampler "ddim", 50 steps',
  );
});

Deno.test("a folder whose name says that it predicts x₀ has to be loaded so", async () => {
  const base = await openBase(join(goldens, "sdxl-tiny"));
  const parts = base.parts.map((part) => ({
    ...part,
    folder: `sdxl_lightning_1step_x0/${part.name}`,
  }));
  const said = (prediction_type: "epsilon" | "sample") =>
    settingsOfBase({
      ...{ ...base, parts },
      scheduler: { ...base.scheduler, prediction_type },
    }, []);
  assertStringIncludes(
    said("epsilon"),
    'predicts noise (by its name x₀: load it with prediction "sample");',
  );
  assertStringIncludes(said("sample"), "predicts x₀;");
});

Deno.test("a scheduler that no sampler runs is named with what has to be given", async () => {
  const known = { _class_name: "Magic", prediction_type: "epsilon" } as const;
  assertStringIncludes(
    await settings("sdxl-tiny", known),
    'no sampler runs scheduler "Magic": give sampler',
  );
  assertStringIncludes(
    await settings("sdxl-tiny", { ...known, prediction_type: undefined }),
    "load the model with option prediction",
  );
});
