import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { boundIn, type GoldenCase } from "../../../tools/golden/golden_case.ts";
import { fastComposerCases } from "../../../tools/golden/baselines/fastcomposer_cases.ts";
import { gligenCases } from "../../../tools/golden/baselines/gligen_cases.ts";
import { controlPipelineCases } from "../../../tools/golden/second/control_pipeline_cases.ts";
import { editCases } from "../../../tools/golden/second/edit_cases.ts";
import { ipAdapterXlCases } from "../../../tools/golden/second/ip_adapter_cases.ts";
import { lcmLoraCases } from "../../../tools/golden/second/lcm_lora_cases.ts";
import { pipelineCases } from "../../../tools/golden/second/pipeline_cases.ts";

const run = () => Promise.resolve(0);

Deno.test("in half precision one evaluation may err by 2e-2, and a loop must be finite", () => {
  const one: GoldenCase = { name: "unet", bound: 1e-4, run };
  assertEquals(boundIn(one, "float32"), 1e-4);
  assertEquals(boundIn({ bound: 1e-4 }), 1e-4, "float32 where nothing is said");
  assertEquals(boundIn(one, "float16"), 2e-2);
  assertEquals(boundIn({ ...one, bound: 0 }, "float16"), 0);
  assertEquals(boundIn({ ...one, loop: true }, "float32"), 1e-4);
  assertEquals(boundIn({ ...one, loop: true }, "float16"), Number.MAX_VALUE);
});

Deno.test("every case whose predictions are fed back is a loop, a single step is none", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const runs = { one: { num_inference_steps: 1 } };
    const more = { two: { num_inference_steps: 2 } };
    for (
      const name of ["sdxl_pipeline", "turbo", "img2img", "controlnet_pipeline"]
    ) {
      const file = join(dir, `${name}.json`);
      await Deno.writeTextFile(
        file,
        JSON.stringify({ runs: { ...runs, ...more } }),
      );
    }
    const cases = [
      ...await pipelineCases(dir),
      ...await editCases(dir),
      ...await controlPipelineCases(dir),
      ...lcmLoraCases(),
      ...ipAdapterXlCases(),
      ...fastComposerCases,
      ...gligenCases,
    ];
    const loops = cases.filter(({ loop }) => loop).map(({ name }) => name);
    const expected = cases.map(({ name }) => name).filter((name) =>
      /pipeline|\.loop$|^lcm\.|^img2img\.|\.two$/.test(name) &&
      !/^(sdxl\.pipeline|turbo)\.one$/.test(name)
    );
    assertEquals(loops, expected);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
