import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { LocRef, scene } from "../../../mod.ts";
import { backendOption } from "../../../lib/pipeline/options/command_options.ts";
import {
  automaticBackends,
  type BackendName,
  backendNamed,
  backendNames,
  backends,
  meantBackend,
} from "../../../lib/ops/backends.ts";
import { openExecutor } from "../../../lib/ops/open_executor.ts";
import { checkOptions } from "../../../lib/core/check_options.ts";
import { oneOf } from "../../../lib/core/kinds.ts";

const kind = oneOf(["auto", ...backendNames], meantBackend);

const pocket = join(import.meta.dirname!, "../../../models/pocket");

backends.add({
  name: "own",
  summary: "a backend of a test",
  optIn: true,
  async open(options) {
    const { executor } = await openExecutor("onnx", options);
    return { ...executor, name: "own" };
  },
});

Deno.test("a model runs on a backend that a program added", async () => {
  const picture = async (backend: BackendName) => {
    await using model = await LocRef.load(pocket, { backend });
    assertEquals(model.backend.name, backend);
    const given = { model, steps: 2, seed: 1 };
    return (await scene(64, 64).caption("a star").generate(given)).data;
  };
  assertEquals(await picture("own"), await picture("onnx"));
});

Deno.test("an added backend is among the names, the options and the messages", async () => {
  assert(backendNames.includes("own"));
  assert(backendOption.choices!.includes("own"));
  assertEquals(backendOption.read(["own"], "Option --backend"), "own");
  await assertRejects(
    () => LocRef.load(pocket, { backend: "owm" }),
    RangeError,
    '"own"',
  );
  await assertRejects(
    () => openExecutor("owm"),
    RangeError,
    'Backend "owm" is not known, did you mean "own"?',
  );
});

Deno.test("auto does not take an added backend that only runs where it is named", () => {
  assert(automaticBackends().every(({ name }) => name !== "own"));
});

Deno.test("an option that an added backend does not have is refused with those that have it", async () => {
  await assertRejects(
    () => openExecutor("own", { int8: true }),
    Error,
    'Backend "own" has no eight-bit products: use onnx, or leave int8 out',
  );
});

for (const name of ["own", "onnx", "auto"]) {
  Deno.test(`a second backend ${name} is refused`, () => {
    const open = () => Promise.reject(new Error("never opened"));
    assertThrows(
      () => backends.add({ name, summary: "x", open }),
      TypeError,
      `Backend "${name}" exists already`,
    );
  });
}

const meant = {
  gpu: "onnx-webgpu",
  "onnx-gpu": "onnx-webgpu",
  webGPU: "webgpu",
  onnx_webgpu: "onnx-webgpu",
  MPS: "onnx-webgpu",
  CUDA: "onnx-cuda",
  "onnx-tensorrt": "onnx-cuda",
  DirectML: "onnx-dml",
  "onnx-directml": "onnx-dml",
  coreml: "onnx-coreml",
  tensorfow: "tensorflow",
  dirctml: "onnx-dml",
  vulcan: "onnx-webgpu",
  nvidea: "onnx-cuda",
  D3D12: "onnx-webgpu",
  AMD: "onnx-webgpu",
};
for (const [given, name] of Object.entries(meant)) {
  Deno.test(`backend "${given}" stands for "${name}", for the library and for commands`, () => {
    const end = `did you mean "${name}"?`;
    assertThrows(() => backendNamed(given), RangeError, end);
    const rules = { of: "load", fields: { backend: kind } };
    const check = () => checkOptions({ backend: given }, rules);
    assertThrows(check, RangeError, end);
    assertThrows(
      () => backendOption.read([given], "Option --backend"),
      Error,
      `did you mean ${name}?`,
    );
  });
}

Deno.test("a backend that resembles none is refused without a guess", () => {
  const rules = { of: "load", fields: { backend: kind } };
  for (const backend of ["", "xyz", "x".repeat(5000), "__proto__"]) {
    const error = assertThrows(
      () => checkOptions({ backend }, rules),
      RangeError,
    );
    assert(!error.message.includes("did you mean"), error.message);
    assert(error.message.length < 400);
  }
});
