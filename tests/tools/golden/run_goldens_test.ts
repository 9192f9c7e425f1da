import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { existsSync } from "node:fs";
import type { GoldenRow } from "../../../tools/golden/golden_case.ts";
import { runGoldens } from "../../../tools/golden/run_goldens.ts";

const root = fromFileUrl(new URL("../../..", import.meta.url));

/** Software devices of Vulkan that WebGPU takes: SwiftShader, where Chromium is installed. */
const swiftshader = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib64/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
].find((path) => existsSync(path));

/** Runs golden cases on `onnx-webgpu` in a process of its own, whose driver the environment names. */
async function goldens(
  cases: readonly string[],
): Promise<{ rows: GoldenRow[]; missing: string }> {
  const { VK_DRIVER_FILES, VK_ICD_FILENAMES } = Deno.env.toObject();
  const named = VK_DRIVER_FILES ?? VK_ICD_FILENAMES ?? swiftshader;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "tools/golden/cli.ts", "--json"],
      ...["--backend", "onnx-webgpu"],
      ...cases.flatMap((name) => ["--case", name]),
    ],
    cwd: root,
    env: named === undefined ? {} : { VK_ICD_FILENAMES: named },
  }).output();
  const text = new TextDecoder();
  const lines = text.decode(stderr).split("\n");
  return {
    rows: JSON.parse(text.decode(stdout) || "[]"),
    missing: lines.find((line) => line.includes("is missing:")) ?? "",
  };
}

Deno.test("a text encoder and the UNet agree on onnx-webgpu, where a device of Vulkan exists", async () => {
  const { rows, missing } = await goldens([
    "text",
    "sdxl.unet.nonsquare",
  ]);
  if (missing.includes("WebGPU adapter") || missing.includes("has none on")) {
    console.log(`Skipped: ${missing}`);
    return;
  }
  assertEquals(missing, "");
  assertEquals(rows.filter(({ ok }) => !ok), []);
  assert(rows.some(({ case: name }) => name === "sdxl.unet.nonsquare"));
});

Deno.test("a case that is named and does not exist is refused with the nearest name", async () => {
  await assertRejects(
    () => runGoldens("tests/goldens", { backends: [], only: ["unet", "ddmi"] }),
    Error,
    'Case "ddmi" is none of the folder\'s',
  );
  const { rows } = await runGoldens("tests/goldens", {
    ...{ backends: [], only: ["unet", "train", "adamw"] },
  });
  assertEquals(rows, []);
});
