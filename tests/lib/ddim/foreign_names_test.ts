import { assertEquals, assertThrows } from "@std/assert";
import { foreignSampler } from "../../../lib/ddim/foreign_names.ts";
import { chooseSampler, samplerNames } from "../../../lib/ddim/samplers.ts";

const names: Readonly<Record<string, string>> = {
  dpmpp_2m: '"dpm++2m"',
  dpmpp_2m_sde_gpu: '"dpm++2m-sde"',
  "DPM++ 2M Karras":
    '"dpm++2m" with sigmas "karras" (dpm++2m:sigmas=karras on the command line)',
  "DPM++ 2M SDE Exponential":
    '"dpm++2m-sde" with sigmas "exponential" (dpm++2m-sde:sigmas=exponential on the command line)',
  "DPM++ SDE": '"dpm++sde"',
  "Euler a": '"euler-a"',
  euler_ancestral: '"euler-a"',
  k_euler: '"euler"',
  uni_pc_bh2: '"unipc"',
  PLMS: '"pndm"',
  EulerAncestralDiscreteScheduler: '"euler-a"',
  DPMSolverMultistepScheduler: '"dpm++2m"',
  DDIMScheduler: '"ddim"',
  dpm_2_ancestral: '"dpm2-a"',
};

Deno.test("a sampler under the name of another program is refused with its name here", () => {
  for (const [given, here] of Object.entries(names)) {
    assertEquals(foreignSampler(given), here);
    assertThrows(
      () => chooseSampler(given),
      RangeError,
      `Sampler "${given}" is called ${here} here`,
    );
  }
});

Deno.test("every name that is offered exists", () => {
  for (const here of Object.values(names)) {
    const name = /^"([^"]+)"/.exec(here)![1]!;
    assertEquals(samplerNames().includes(name), true, name);
  }
});

Deno.test("a name that no program has is not translated", () => {
  for (const given of ["karras", "", "mine", "toString"]) {
    assertEquals(foreignSampler(given), undefined);
  }
});
