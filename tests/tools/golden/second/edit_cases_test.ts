import { assert } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import type { GoldenCase } from "../../../../tools/golden/golden_case.ts";
import { controlCases } from "../../../../tools/golden/second/control_cases.ts";
import { controlPipelineCases } from "../../../../tools/golden/second/control_pipeline_cases.ts";
import { editCases } from "../../../../tools/golden/second/edit_cases.ts";

/** A few cases of the second set that its files beside the checkout hold in full. */
const names = [
  "img2img.sdxl",
  "controlnet.sdxl",
  "controlnet.sdxl.pipeline",
];

const dir = await Deno.makeTempDir();
for (const from of ["../../../data/edits", "../../../goldens"]) {
  const folder = fromFileUrl(new URL(from, import.meta.url));
  for await (const { name } of Deno.readDir(folder)) {
    if (from.endsWith("goldens") && name !== "sdxl-tiny") continue;
    await Deno.symlink(join(folder, name), join(dir, name));
  }
}
const executor = await onnxExecutor();
const all: readonly GoldenCase[] = [
  ...controlCases(),
  ...await controlPipelineCases(dir),
  ...await editCases(dir),
];

for (const name of names) {
  Deno.test(`${name} agrees with the reference`, async () => {
    const found = all.find((one) => one.name === name)!;
    const error = await found.run({ dir, executor });
    assert(error <= found.bound, `${error}`);
  });
}

globalThis.addEventListener("unload", () => {
  Deno.removeSync(dir, { recursive: true });
});
