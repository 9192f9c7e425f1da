import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  fewStepWarnings,
  recipeWarnings,
  singleStepWarnings,
} from "../../../lib/pipeline/few_step_warnings.ts";

import { recipes } from "../../../lib/pipeline/options/recipes.ts";

const lightning =
  "ByteDance/SDXL-Lightning/sdxl_lightning_4step_lora.safetensors";
const usual = {
  sampler: "ddim",
  steps: 50,
  guidance: 7.5,
  trailing: false,
} as const;

Deno.test("a model of few steps in a usual run warns by name, with what fits", () => {
  const [warning, ...more] = fewStepWarnings(["pocket", lightning], usual);
  assertEquals(more, []);
  assertStringIncludes(warning!, lightning);
  assertStringIncludes(warning!, 'sampler "euler" with trailing timesteps');
  assertStringIncludes(
    warning!,
    'this run takes sampler "ddim", 50 steps, guidance 7.5',
  );
});

Deno.test("a run that fits does not warn; one setting that does not is enough", () => {
  const fitting = {
    sampler: { name: "euler", spacing: "trailing" },
    steps: 4,
    guidance: 0,
    trailing: true,
  } as const;
  const warned = (run: Parameters<typeof fewStepWarnings>[1]) =>
    fewStepWarnings([lightning], run).length > 0;
  assertEquals(warned(fitting), false);
  assertEquals(warned({ ...fitting, trailing: false }), true);
  assertEquals(warned({ ...fitting, steps: 30 }), true);
  assertEquals(warned({ ...fitting, guidance: 7 }), true);
  assertEquals(warned({ ...fitting, sampler: "dpm++2m" }), true);
});

Deno.test("a model of one step that predicts x₀ warns until it is loaded so", () => {
  const name = "ByteDance/SDXL-Lightning/sdxl_lightning_1step_x0.safetensors";
  const run = {
    sampler: { name: "euler", spacing: "trailing" },
    steps: 1,
    guidance: 0,
    trailing: true,
  } as const;
  const [warning] = fewStepWarnings([name], { ...run, predicts: "epsilon" });
  assertStringIncludes(warning!, name);
  assertStringIncludes(
    warning!,
    'predicts x₀, and this run takes it to predict noise: load it with prediction "sample"',
  );
  assertEquals(fewStepWarnings([name], { ...run, predicts: "sample" }), []);
  assertEquals(
    fewStepWarnings([lightning], { ...run, predicts: "epsilon" }),
    [],
  );
});

Deno.test("a UNet that reads the guidance fits that which it was trained with", () => {
  const run = {
    sampler: "lcm",
    steps: 4,
    guidance: 8.5,
    trailing: false,
  } as const;
  const names = ["SimianLuo/LCM_Dreamshaper_v7"];
  assertEquals(fewStepWarnings(names, run, false), []);
  assertEquals(fewStepWarnings(names, run, true).length, 1);
  for (const guidance of [1, 2.9, 13.1]) {
    const [warning] = fewStepWarnings(names, { ...run, guidance }, false);
    assertStringIncludes(warning!, "guidance 3 to 13, which the model reads");
    const [beside] = recipeWarnings("lcm-4", { ...run, guidance }, false);
    assertStringIncludes(beside!, "guidance 3 to 13, which the model reads");
  }
});

Deno.test("a single step at timestep 0 warns, and no other does", () => {
  const [warning] = singleStepWarnings({ timesteps: [0] });
  assertStringIncludes(warning!, 'set spacing "trailing"');
  assertEquals(singleStepWarnings({ timesteps: [999] }), []);
  assertEquals(singleStepWarnings({ timesteps: [999, 0] }), []);
});

Deno.test("a recipe warns where options beside it do not suit it, and never by itself", () => {
  for (const [name, recipe] of recipes) {
    const { sampler } = recipe;
    const trailing = typeof sampler !== "string" &&
      "spacing" in sampler && sampler.spacing === "trailing";
    assertEquals(recipeWarnings(name, { ...recipe, trailing }), []);
    const [warning] = recipeWarnings(name, { ...usual, sampler: "heun" });
    assertStringIncludes(warning!, `Recipe "${name}" is `);
    assertStringIncludes(warning!, 'this run take sampler "heun", 50 steps');
  }
  assertEquals(recipeWarnings(undefined, usual), []);
});

Deno.test("the warning of a model that reads the guidance names that guidance, not 1 to 2", () => {
  const [own] = fewStepWarnings(["org/lcm-dreamshaper"], usual, false);
  assertStringIncludes(own!, 'sampler "lcm", 4 to 8 steps, guidance 3 to 13,');
  const [lora] = fewStepWarnings(["org/lcm-lora"], usual);
  assertStringIncludes(lora!, "guidance 1 to 2");
});
