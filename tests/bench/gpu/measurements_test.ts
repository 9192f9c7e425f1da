import { assert, assertEquals } from "@std/assert";
import { measurements } from "../../../bench/gpu/measurements.ts";

const options = { peers: false, threads: 2, onProgress: () => {} };
const names = (peers: boolean, against?: string[]) =>
  measurements(["onnx-webgpu"], { ...options, peers, against }).map((
    { what, backend, precision },
  ) => `${what}: ${backend} ${precision}`);

Deno.test("each GPU takes SD 1.5's step and SDXL's at both sizes, in both precisions", () => {
  const list = names(false);
  for (
    const what of ["SD 1.5 step, 512²", "SDXL step, 512²", "SDXL step, 1024²"]
  ) {
    for (const precision of ["float32", "float16"]) {
      assert(list.includes(`${what}: onnx-webgpu ${precision}`), what);
    }
  }
  assertEquals(new Set(list).size, list.length);
});

Deno.test("PyTorch stands below the same step, only where peers are wanted", () => {
  const steps = names(true, ["SDXL step, 1024²"]);
  assertEquals(steps, [
    "SDXL step, 1024²: onnx-webgpu float32",
    "SDXL step, 1024²: onnx-webgpu float16",
    "SDXL step, 1024²: torch eager float32",
    "SDXL step, 1024²: torch eager float16",
    "SDXL step, 1024²: torch compile float16",
  ]);
  assertEquals(names(false).filter((name) => name.includes("torch")), []);
});

Deno.test("small models stand for all large ones, the CPU beside each", () => {
  const list = measurements(["onnx-webgpu"], { ...options, tiny: true });
  const large = list.filter(({ what, contender }) =>
    /step,|VAE/.test(what) && !what.startsWith("pocket") &&
    !contender!.command.includes("--tiny")
  );
  assertEquals(large, []);
  const onCpu = list.filter(({ what, backend }) =>
    what.startsWith("SDXL") && backend === "onnx"
  );
  assertEquals(onCpu.length, 2);
});
