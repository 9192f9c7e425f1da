import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { cp } from "node:fs/promises";
import { LocRef, scene } from "../../../../../mod.ts";
import { backends } from "../../../../../lib/ops/backends.ts";
import { onnxExecutor } from "../../../../../lib/ops/onnx/executor.ts";
import { writeProgram } from "../../../../../lib/ops/onnx/program.ts";
import type { Program, WeightSource } from "../../../../../lib/ops/executor.ts";
import { openSafetensors } from "../../../../../lib/weights/safetensors/safetensors.ts";
import {
  type WritableDType,
  writeSafetensors,
} from "../../../../../lib/weights/safetensors/write_safetensors.ts";

const tiny = fromFileUrl(
  new URL("../../../../goldens/sdxl-tiny", import.meta.url),
);

/** What the last picture was decoded from, and all programs that were compiled. */
let latents = new Float32Array();
const compiled: { program: Program; weights: WeightSource }[] = [];

backends.add({
  name: "held",
  summary: "holds weights of every size as they are stored",
  optIn: true,
  async open() {
    const executor = await onnxExecutor({ largeFrom: 0 });
    return {
      ...executor,
      name: "held",
      async compile(program, weights, options) {
        compiled.push({ program, weights });
        const runner = await executor.compile(program, weights, options);
        return {
          dispose: () => runner.dispose(),
          run(inputs) {
            const { latent } = inputs;
            if (latent) latents = Float32Array.from(latent.data);
            return runner.run(inputs);
          },
        };
      },
    };
  },
});

/** A copy of a model whose weights are written in another type. */
async function copyAs(
  from: string,
  to: string,
  dtype: WritableDType,
): Promise<void> {
  await cp(from, to, { recursive: true });
  for (const part of ["text_encoder", "text_encoder_2", "unet", "vae"]) {
    const file = part.startsWith("text") ? "model" : "diffusion_pytorch_model";
    const name = join(part, `${file}.safetensors`);
    const weights = await openSafetensors(join(from, name));
    await writeSafetensors(
      join(to, name),
      new Map(
        weights.names().map((one) => [one, {
          shape: weights.info(one)!.shape,
          dtype,
          data: () => weights.read(one),
        }]),
      ),
    );
  }
}

async function pictureOf(path: string) {
  await using model = await LocRef.load(path, { backend: "held" });
  const picture = await scene(64, 64).caption("a red apple").generate({
    ...{ model, steps: 2, seed: 3, guidance: 5 },
    size: { width: 64, height: 64 },
  });
  return { data: picture.data, latents };
}

Deno.test("a folder in half precision makes the picture of the same weights widened on disk", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const halves = join(folder, "halves"), widened = join(folder, "widened");
    await copyAs(tiny, halves, "F16");
    await copyAs(halves, widened, "F32");
    const a = await pictureOf(halves), b = await pictureOf(widened);
    const held = [];
    for (const { program, weights } of compiled) {
      const { graph } = await writeProgram(program, weights, { heldFrom: 0 });
      held.push(...graph.inputs.filter(({ type }) => type === "F16"));
    }
    assert(held.length > 100, "matrices are held as they are stored");
    assertEquals(held.filter(({ name }) => name.includes("bias")), []);
    assertEquals([...new Set(a.data)].length > 10, true);
    const largest = b.latents.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    for (const [i, value] of b.latents.entries()) {
      assert(Math.abs(a.latents[i]! - value) <= 1e-5 * largest);
    }
    for (const [i, value] of b.data.entries()) {
      assert(Math.abs(a.data[i]! - value) <= 1);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
