import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { int8Initializers } from "../../../../lib/ops/onnx/int8.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import { openExecutor } from "../../../../lib/ops/open_executor.ts";
import { openStableDiffusion } from "../../../../tools/open_stable_diffusion.ts";
import { timeSinusoids } from "../../../../lib/bases/sd/time_embedding.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { randomInputs } from "../../../../bench/random_inputs.ts";

const pocket = fromFileUrl(
  new URL("../../../../models/pocket", import.meta.url),
);

Deno.test("eight-bit weights are the weights to half a step, an output at a time", () => {
  const data = Float32Array.of(1, -2, 0.5, 0, 0, 0, 100, 3, -127);
  const [values, scales] = int8Initializers("w", [3, 3], data);
  const whole = new Int8Array(values!.bytes!.buffer);
  const steps = new Float32Array(scales!.bytes!.buffer);
  assertEquals([...steps], [2 / 127, 1, 1].map(Math.fround));
  for (let out = 0; out < 3; out++) {
    for (let i = 0; i < 3; i++) {
      const back = whole[i * 3 + out]! * steps[out]!;
      assert(Math.abs(back - data[out * 3 + i]!) <= steps[out]! / 2);
    }
  }
});

Deno.test("an eight-bit UNet predicts nearly what the exact one does", async () => {
  const { unet } = await openStableDiffusion(pocket);
  const program = unetProgram(unet.config, {
    size: { height: 16, width: 16 },
  });
  const inputs = {
    ...randomInputs(program, { batch: 2, text_tokens: 7 }),
    time: timeSinusoids([500, 500], unet.config),
  };
  const predictions = [];
  for (const int8 of [false, true]) {
    const executor = await onnxExecutor({ int8 });
    const runner = await executor.compile(program, unet.weights);
    predictions.push((await runner.run(inputs)).prediction!.data);
    await executor.dispose();
  }
  const [exact, coarse] = predictions as [Float32Array, Float32Array];
  const norm = (x: Float32Array) => Math.hypot(...x);
  const error = norm(exact.map((value, i) => value - coarse[i]!)) / norm(exact);
  assert(error > 0 && error < 0.05, `Relative error ${error}`);
});

Deno.test("eight bits on a backend without them are refused", async () => {
  const error = await assertRejects(
    () => openExecutor("wasm", { int8: true }),
    LocRefError,
    'Backend "wasm" has no eight-bit products',
  );
  assertEquals(error.code, "backend-missing");
});
