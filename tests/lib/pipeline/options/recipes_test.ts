import { assertEquals, assertThrows } from "@std/assert";
import { noiseSchedule } from "../../../../lib/ddim/noise_schedule.ts";
import { planRun } from "../../../../lib/ddim/samplers.ts";
import { checkPictureOptions } from "../../../../lib/pipeline/options/check_picture_options.ts";
import { chosenSampler } from "../../../../lib/pipeline/options/picture_options.ts";
import {
  recipeNames,
  withRecipe,
} from "../../../../lib/pipeline/options/recipes.ts";

Deno.test("every recipe is a run that its sampler can lay out", () => {
  for (const recipe of recipeNames) {
    const options = withRecipe({ recipe });
    checkPictureOptions({ recipe });
    const plan = planRun(
      noiseSchedule({
        beta_schedule: "scaled_linear",
        timestep_spacing: "leading",
      }),
      chosenSampler(options),
      options.steps,
    );
    assertEquals(plan.timesteps.length, Number(recipe.split("-")[1]));
    assertEquals(plan.timesteps[0], 999);
  }
});

Deno.test("what is given beside a recipe goes before it", () => {
  const { steps, guidance, sampler } = withRecipe({
    recipe: "lcm-4",
    steps: 6,
    guidance: 1.5,
  });
  assertEquals([steps, guidance, sampler], [6, 1.5, "lcm"]);
});

Deno.test("a model that reads the guidance keeps its own beside a recipe, or what is given", () => {
  const guidance = (given?: number) =>
    withRecipe({ recipe: "lcm-4", guidance: given }, true).guidance;
  assertEquals([guidance(), guidance(5)], [undefined, 5]);
});

Deno.test("a recipe that does not exist is refused with the one that was meant", () => {
  assertThrows(
    () => checkPictureOptions({ recipe: "lightening-4" }),
    RangeError,
    'did you mean "lightning-4"?',
  );
});

Deno.test("every recipe of the page about bases is known, and it names all", async () => {
  const page = await Deno.readTextFile(
    new URL("../../../../docs/bases.md", import.meta.url),
  );
  const rows = page.split("\n").filter((line) => /^\| `[a-z]+-\d/.test(line));
  const named = rows.flatMap((row) =>
    [...row.split("|")[1]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  );
  assertEquals(named.sort(), [...recipeNames].sort());
});
