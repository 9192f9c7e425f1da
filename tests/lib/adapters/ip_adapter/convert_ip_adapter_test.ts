import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { openLocRef } from "../../../../lib/adapters/open_locref.ts";
import { appearanceNetProgram } from "../../../../lib/adapters/locref/appearance_net.ts";
import {
  convertIpAdapter,
  type ConvertIpAdapterOptions,
} from "../../../../lib/adapters/ip_adapter/convert_ip_adapter.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import type { WeightSource } from "../../../../lib/ops/executor.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { tfjsExecutor } from "../../../../lib/ops/tfjs/executor.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const goldens = new URL("../../../goldens/", import.meta.url).pathname;
const encoderPath = join(goldens, "clip-vision-gelu/model.safetensors");

function ipAdapter(form: string): string {
  return join(goldens, `ip-adapter/ip-adapter-${form}.safetensors`);
}

/** Tokens that the adapter at `path` makes of `features`. */
async function tokensOf(
  path: string,
  features: { shape: number[]; data: Float32Array<ArrayBuffer> },
): Promise<Float32Array> {
  const { shape, weights } = await openLocRef(path);
  const executor = await tfjsExecutor("cpu");
  const runner = await executor.compile(appearanceNetProgram(shape), weights);
  const copy = tensor(features.shape, features.data.slice());
  const { tokens } = await runner.run({ features: copy });
  await executor.dispose();
  return tokens!.data as Float32Array;
}

function wave(shape: number[]) {
  const size = shape.reduce((a, b) => a * b);
  return {
    shape,
    data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7)),
  };
}

/** `features` `[1, in]` times the encoder's projection `[out, in]`. */
async function project(encoder: WeightSource, features: Float32Array) {
  const [out, width] = encoder.info("visual_projection.weight")!.shape;
  const weight = await encoder.read("visual_projection.weight");
  return Float32Array.from({ length: out! }, (_, i) => {
    const row = weight.subarray(i * width!, (i + 1) * width!);
    return row.reduce((sum, value, j) => sum + value * features[j]!, 0);
  });
}

function assertClose(a: Float32Array, b: Float32Array, bound: number) {
  assertEquals(a.length, b.length);
  const scale = Math.max(...b.map(Math.abs));
  const error = Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  assert(error / scale < bound, `error ${error / scale}`);
}

async function convert(
  form: string,
  path: string,
  options: ConvertIpAdapterOptions = {},
) {
  const file = await openSafetensors(ipAdapter(form));
  await convertIpAdapter(file, path, { dtype: "F32", ...options });
}

Deno.test("A converted adapter of the full form gives the same tokens", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "full.safetensors");
    await convert("full", path, { tokens: 17, base: "me/base" });
    const features = wave([1, 17, 64]);
    const [ours, theirs] = [
      await tokensOf(path, features),
      await tokensOf(ipAdapter("full"), features),
    ];
    assertClose(ours, theirs, 1e-6);
    const { metadata } = await openSafetensors(path);
    assertEquals(metadata.encoder_input, "patch");
    assertEquals([metadata.tokens, metadata.base], ["17", "me/base"]);
  });
});

Deno.test("A converted adapter of the base form gives the same tokens from features before the projection", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "base.safetensors");
    const imageEncoder = await openSafetensors(encoderPath);
    await convert("base", path, { imageEncoder });
    const pooled = wave([1, 64]);
    const embeds = await project(imageEncoder, pooled.data);
    const [ours, theirs] = [
      await tokensOf(path, pooled),
      await tokensOf(ipAdapter("base"), { shape: [1, 40], data: embeds }),
    ];
    assertClose(ours, theirs, 1e-5);
  });
});

Deno.test("Both branches of a converted adapter hold the adapter's keys and values", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "full.safetensors");
    await convert("full", path);
    const [ours, theirs] = [
      await openLocRef(path),
      await openLocRef(ipAdapter("full")),
    ];
    const layers = (names: readonly string[]) =>
      names.filter((name) => name.startsWith("layout_net."));
    assertEquals(
      layers(ours.weights.names()),
      layers(theirs.weights.names()),
    );
    for (const name of layers(ours.weights.names())) {
      assertEquals(
        await ours.weights.read(name),
        await theirs.weights.read(name),
      );
    }
    assertEquals(ours.settings, theirs.settings);
  });
});

Deno.test("What cannot be converted is refused with the way out", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "x.safetensors");
    await assertRejects(
      () => convert("plus", path),
      LocRefError,
      "whose resampler has no place in a LocRef file",
    );
    await assertRejects(
      () => convert("base", path),
      LocRefError,
      "give the image encoder that it was made for",
    );
    const locref = await openSafetensors(
      join(goldens, "locref/locref-tiny.safetensors"),
    );
    await assertRejects(
      () => convertIpAdapter(locref, path),
      LocRefError,
      "is a LocRef adapter already",
    );
    assertEquals([...Deno.readDirSync(dir)], []);
  });
});

Deno.test("an adapter with NaN, or with values that float16 cannot hold, is not converted", async () => {
  await inTempDir(async (dir) => {
    const sound = await openSafetensors(ipAdapter("full"));
    const name = "ip_adapter.1.to_k_ip.weight";
    for (const value of [NaN, 1e6]) {
      const tensors = new Map(
        sound.names().map((one) => [one, {
          shape: sound.info(one)!.shape,
          data: async () => {
            const data = await sound.read(one);
            return one === name ? data.fill(value, 0, 1) : data;
          },
        }]),
      );
      const from = join(dir, "from.safetensors");
      const to = join(dir, "to.safetensors");
      await writeSafetensors(from, tensors, { allowNonFinite: true });
      const error = await assertRejects(
        async () => await convertIpAdapter(await openSafetensors(from), to),
        LocRefError,
        'Tensor "layout_net.1.to_k_ci.weight" holds 1 value that is NaN or infinity as F16',
      );
      assertEquals(error.code, "not-finite");
      assertEquals([...Deno.readDirSync(dir)].map((one) => one.name), [
        "from.safetensors",
      ]);
    }
  });
});
