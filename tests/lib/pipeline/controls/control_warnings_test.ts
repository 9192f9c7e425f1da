import { assertEquals } from "@std/assert";
import { controlWarnings } from "../../../../lib/pipeline/controls/control_warnings.ts";
import type { ControlUnit } from "../../../../lib/pipeline/controls/control_unit.ts";
import { noiseSchedule } from "../../../../lib/ddim/noise_schedule.ts";
import type { SamplerPlan } from "../../../../lib/ddim/sampler.ts";
import { chooseSampler, planRun } from "../../../../lib/ddim/samplers.ts";
import { tensor } from "../../../../lib/core/tensor.ts";

function planOf(steps: number, sampler = "ddim"): SamplerPlan {
  return planRun(noiseSchedule({}), chooseSampler(sampler), steps);
}

function unit(changes: Partial<ControlUnit>): ControlUnit {
  return {
    ...{
      id: 0,
      number: 0,
      name: "Control 1",
      scale: 1,
      start: 0,
      end: 1,
      guess: false,
    },
    control: undefined as never,
    hint: tensor([1, 1, 1, 2], new Float32Array([0, 0.5])),
    ...changes,
  };
}

Deno.test("a control that acts at no step of the run warns", () => {
  const short = unit({ start: 0.3, end: 0.7 });
  assertEquals(controlWarnings(short, { plan: planOf(10) }), []);
  assertEquals(controlWarnings(short, { plan: planOf(2) }), [
    "Control 1 acts at none of 2 steps: no whole step lies between its start 0.3 and its end 0.7",
  ]);
});

Deno.test("steps of a control are counted among those that a picture to begin on leaves", () => {
  const begun = { init: { image: "a.png", strength: 0.2 } };
  const late = unit({ start: 0.3, end: 0.7 });
  assertEquals(controlWarnings(late, { plan: planOf(30), begun }), []);
  assertEquals(controlWarnings(late, { plan: planOf(10), begun }).length, 1);
});

Deno.test("evaluations of a control are counted, of which heun takes two a step", () => {
  // two steps of heun are three evaluations, and the second lies between a third and two thirds
  const middle = unit({ start: 0.3, end: 0.7 });
  assertEquals(controlWarnings(middle, { plan: planOf(2, "heun") }), []);
});

Deno.test("a control picture without edges warns", () => {
  const black = { hint: tensor([1, 1, 1, 2], new Float32Array(2)) };
  const run = { plan: planOf(1) };
  assertEquals(controlWarnings(unit(black), run), []);
  assertEquals(controlWarnings(unit({ edges: "soft" }), run), []);
  assertEquals(controlWarnings(unit({ ...black, edges: "canny" }), run), [
    "Control 1: its picture has no canny edges, so the network reads plain black",
  ]);
});
