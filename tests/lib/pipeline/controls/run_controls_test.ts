import { assertEquals } from "@std/assert";
import { stableDiffusion15 } from "../../../../lib/bases/sd/stable_diffusion_15.ts";
import { unetProgram } from "../../../../lib/bases/sd/unet_program.ts";
import { controlGraph } from "../../../../lib/adapters/controlnet/control_graph.ts";
import {
  GraphBuilder,
  type OnnxValue,
} from "../../../../lib/ops/onnx/graph.ts";
import { onnxOps } from "../../../../lib/ops/onnx/ops.ts";
import { Params } from "../../../../lib/ops/params.ts";
import { runControls } from "../../../../lib/pipeline/controls/run_controls.ts";

/** Nodes of the UNet's graph with these adapters. */
function nodesOf(adapters: readonly (typeof controlGraph)[]) {
  const size = { height: 64, width: 64 };
  const program = unetProgram(stableDiffusion15, { size, adapters });
  const graph = new GraphBuilder();
  const inputs: Record<string, OnnxValue> = Object.fromEntries(
    Object.entries(program.inputs).map(([name, { shape }]) => [
      ...[name, { name, shape }] as const,
    ]),
  );
  const params = new Params<OnnxValue>((name, shape) => ({ name, shape }));
  program.run(onnxOps(graph), params, inputs);
  return graph.nodes;
}

Deno.test("a run without a control has the plain denoiser's graph, node by node", async () => {
  const { adapters, callInputs } = await runControls([], {} as never);
  assertEquals(await callInputs({} as never), {});
  const plain = nodesOf([]);
  assertEquals(nodesOf(adapters as (typeof controlGraph)[]), plain);
  // a control adds a sum for each of twelve skips and one in the middle
  assertEquals(nodesOf([controlGraph]).length, plain.length + 13);
});
