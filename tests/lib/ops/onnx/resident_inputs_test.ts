import { assert, assertEquals } from "@std/assert";
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { ResidentInputs } from "../../../../lib/ops/onnx/resident_inputs.ts";
import { type Tensor, zeros } from "../../../../lib/core/tensor.ts";

/** A device that notes what lies on it. */
function device() {
  const lying = new Set<Tensor>();
  let uploads = 0;
  return {
    lying,
    count: () => uploads,
    upload(host: OrtTensor) {
      uploads++;
      const input = host as unknown as Tensor;
      lying.add(input);
      const dispose = () => lying.delete(input);
      return Promise.resolve({ dispose } as unknown as OrtTensor);
    },
  };
}

const large = () => zeros([32, 32]);

const find = (inputs: ResidentInputs, input: Tensor) =>
  inputs.find(input, () => input as unknown as OrtTensor);

Deno.test("an input that comes again is uploaded once and then stays", async () => {
  const gpu = device(), inputs = new ResidentInputs(gpu);
  const mask = large();
  const found = [];
  for (let run = 0; run < 5; run++) {
    inputs.beginRun();
    found.push(await find(inputs, mask));
    await find(inputs, large()); // the latents, new in each step
  }
  assertEquals(found[0], undefined);
  assert(found[1] !== undefined);
  assertEquals(found.slice(2), [found[1], found[1], found[1]]);
  assertEquals(gpu.count(), 1);
  assertEquals(inputs.size, 1);
});

Deno.test("inputs that stay away are freed, and can come again", async () => {
  const gpu = device(), inputs = new ResidentInputs(gpu);
  const first = large(), second = large();
  const run = async (input: Tensor) => {
    inputs.beginRun();
    await find(inputs, input);
  };
  for (let i = 0; i < 3; i++) await run(first);
  for (let i = 0; i < 20; i++) await run(second);
  assertEquals([...gpu.lying], [second]);
  await run(first);
  assertEquals(gpu.lying.has(first), true);
  inputs.dispose();
  assertEquals(gpu.lying.size, 0);
});

Deno.test("small inputs and integers are passed anew each time", async () => {
  const gpu = device(), inputs = new ResidentInputs(gpu);
  const few = zeros([2, 4]);
  const ids = { shape: [1, 400], data: new Int32Array(400) };
  for (let i = 0; i < 3; i++) {
    inputs.beginRun();
    assertEquals(await find(inputs, few), undefined);
    assertEquals(await find(inputs, ids), undefined);
  }
  assertEquals(gpu.count(), 0);
});

Deno.test("two runs at once share the copy that was there first, and the other is freed", async () => {
  const freed: number[] = [];
  let uploads = 0;
  const inputs = new ResidentInputs({
    upload() {
      const number = uploads++;
      const dispose = () => freed.push(number);
      return Promise.resolve({ dispose } as unknown as OrtTensor);
    },
  });
  const mask = large();
  await find(inputs, mask);
  const found = await Promise.all([find(inputs, mask), find(inputs, mask)]);
  assert(found[0] !== undefined && found[0] === found[1]);
  assertEquals([uploads, freed, inputs.size], [2, [1], 1]);
  inputs.dispose();
  assertEquals(freed, [1, 0]);
});
