import { assert, assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { randomInputs } from "../../../bench/random_inputs.ts";
import { ownShapes, weightsWith } from "../../../lib/bases/adapter_inputs.ts";
import { openStableDiffusion } from "../../../tools/open_stable_diffusion.ts";
import { type AdapterGraph, joinHooks } from "../../../lib/bases/hooks.ts";
import { textKeyValueProgram } from "../../../lib/bases/sd/key_value_programs.ts";
import { unetProgram } from "../../../lib/bases/sd/unet_program.ts";
import { LocRefError } from "../../../lib/core/error.ts";
import { floats } from "../../../lib/core/tensor_rows.ts";
import type { Program, WeightSource } from "../../../lib/ops/executor.ts";
import { listWeights } from "../../../lib/ops/list_weights.ts";
import { onnxExecutor } from "../../../lib/ops/onnx/executor.ts";
import { memoryWeights } from "../../../lib/weights/weight_sources.ts";

const { unet } = await openStableDiffusion(
  fromFileUrl(new URL("../../goldens/sd-tiny", import.meta.url)),
);
const size = { height: 8, width: 8 };
const text = 5;

async function outputs(
  program: Program,
  weights: WeightSource,
  more: Record<string, number> = {},
): Promise<Record<string, Float32Array>> {
  const executor = await onnxExecutor();
  const runner = await executor.compile(program, weights);
  try {
    const sizes = { batch: 1, text_tokens: text, tokens: text, ...more };
    const found = await runner.run(randomInputs(program, sizes));
    return Object.fromEntries(
      Object.entries(found).map(([name, x]) => [name, floats(x)]),
    );
  } finally {
    await runner.dispose();
    await executor.dispose();
  }
}

/** An adapter that shifts what comes after each self-attention by a weight of its own. */
function shifting(prefix: string, shift: number): AdapterGraph {
  const widths = [...new Set(unet.config.block_out_channels)];
  return {
    prefix,
    acts: ["afterSelf"],
    weights: memoryWeights(
      new Map(widths.map((width) => [
        `shift.${width}`,
        { shape: [width], data: new Float32Array(width).fill(shift) },
      ])),
    ),
    inputs: () => ({ gate: { kind: "float", shape: [1, 1, 1] } }),
    hooks: (ops, params, inputs) => ({
      afterSelf: ({ width }, x) =>
        ops.add(
          x,
          ops.mul(params.at("shift").get(`${width}`, [width]), inputs.gate!),
        ),
    }),
  };
}

async function predict(adapters: readonly AdapterGraph[]) {
  const program = unetProgram(unet.config, { size, adapters });
  const weights = weightsWith(unet.weights, adapters);
  return (await outputs(program, weights)).prediction!;
}

Deno.test("hooks read weights and inputs of their own adapter alone", async () => {
  const none = await predict([]);
  const zero = await predict([shifting("a", 0)]);
  const one = await predict([shifting("a", 1)]);
  const both = await predict([shifting("a", 1), shifting("b", 0)]);
  assertEquals(zero, none);
  assertEquals(both, one);
  assert(one.some((value, i) => Math.abs(value - none[i]!) > 1e-3));
});

Deno.test("an adapter's inputs and weights bear its prefix", () => {
  const program = unetProgram(unet.config, {
    size,
    adapters: [shifting("a", 1), shifting("b", 1)],
  });
  const own = Object.keys(program.inputs).filter((name) =>
    name.includes("gate")
  );
  assertEquals(own, ["a.gate", "b.gate"]);
  assertEquals(program.name, "unet_8x8_a_b");
  const shapes = ownShapes({ prefix: "a" }, listWeights(program));
  assert(shapes.size > 0);
  assert([...shapes.keys()].every((name) => name.startsWith("shift.")));
});

Deno.test("the base's weights stay where they lie beside those of adapters", () => {
  const joined = weightsWith(unet.weights, [shifting("a", 1)]);
  const name = "conv_in.weight";
  assertEquals(joined.info(name), unet.weights.info(name));
  assertEquals(weightsWith(unet.weights, []), unet.weights);
});

Deno.test("two adapters of one prefix, or with one input, are refused by name", () => {
  const program = (adapters: readonly AdapterGraph[]) => () =>
    unetProgram(unet.config, { size, adapters });
  const bare = (prefix: string, name: string): AdapterGraph => ({
    ...shifting(prefix, 1),
    bareInputs: true,
    inputs: () => ({ [name]: { kind: "float", shape: [1] } }),
  });
  const refused = (adapters: readonly AdapterGraph[], ...words: string[]) => {
    const { message } = assertThrows(program(adapters), LocRefError);
    for (const word of words) assert(message.includes(word), message);
  };
  refused([shifting("a", 1), shifting("a", 2)], '"a"');
  refused([bare("a", "gate"), bare("b", "gate")], '"a"', '"b"', '"gate"');
  refused([bare("a", "text_k.0")], '"a"', "model itself", '"text_k.0"');
});

Deno.test("an adapter changes the text before its keys and values", async () => {
  const graph: AdapterGraph = {
    prefix: "words",
    acts: [],
    hooks: () => ({}),
    text: {
      inputs: (width) => ({
        extra: { kind: "float", shape: ["batch", "tokens", width] },
      }),
      fuse: (ops, _, inputs, tokens) => ops.add(tokens, inputs.extra!),
    },
  };
  const plain = textKeyValueProgram(unet.config);
  const fused = textKeyValueProgram(unet.config, [graph]);
  assertEquals(fused.name, "text_key_value_words");
  const before = await outputs(plain, unet.weights);
  const after = await outputs(fused, unet.weights);
  assert(after["k.0"]!.some((x, i) => Math.abs(x - before["k.0"]![i]!) > 1e-3));
});

Deno.test("two adapters that replace group normalisation are refused naming both", () => {
  const hooks = { groupNorm: (x: number) => x };
  const { message } = assertThrows(
    () => joinHooks([{ prefix: "one", hooks }, { prefix: "two", hooks }]),
    LocRefError,
  );
  assert(message.includes('"one"') && message.includes('"two"'), message);
});
