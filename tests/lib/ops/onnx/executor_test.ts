import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { randomInputs } from "../../../../bench/random_inputs.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import { openStableDiffusion } from "../../../../tools/open_stable_diffusion.ts";

const pocket = fromFileUrl(
  new URL("../../../../models/pocket", import.meta.url),
);

Deno.test("a program that is disposed of while it runs ends its run first, and a second time does nothing", async () => {
  const { unet } = await openStableDiffusion(pocket);
  const size = { height: 16, width: 16 };
  const program = unetProgram(unet.config, { size });
  const executor = await onnxExecutor();
  const runner = await executor.compile(program, unet.weights);
  const inputs = randomInputs(program, { batch: 2, text_tokens: 7 });
  let ended = 0;
  const runs = [1, 2].map(() =>
    runner.run(inputs).then((results) => (ended++, results))
  );
  const disposals = [runner.dispose(), executor.dispose()]
    .map((one) => one.then(() => assertEquals(ended, 2)));
  await assertRejects(() => runner.run(inputs), TypeError, "was disposed of");
  await Promise.all(disposals);
  for (const results of await Promise.all(runs)) {
    const data = Object.values(results)[0]!.data as Float32Array;
    assert(data.every(Number.isFinite));
  }
  await runner.dispose();
  await executor.dispose();
});
