import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { openSharded } from "../../../../lib/weights/safetensors/sharded.ts";
import {
  type WritableTensor,
  writeSafetensors,
} from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { inTempDir } from "../temp_dir.ts";

/** A file of one tensor `x` with the given raw bytes. */
async function writeRaw(
  file: string,
  dtype: string,
  shape: number[],
  bytes: Uint8Array,
) {
  const header = new TextEncoder().encode(
    JSON.stringify({ x: { dtype, shape, data_offsets: [0, bytes.length] } }),
  );
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(header.length), true);
  await Deno.writeFile(
    file,
    new Uint8Array([...new Uint8Array(length.buffer), ...header, ...bytes]),
  );
}

Deno.test("Every dtype is read as the numbers it holds, at any alignment", async () => {
  const values = [0, 1, 2, 100];
  const raw: [string, ArrayBufferView][] = [
    ["F64", Float64Array.from(values)],
    ["F32", Float32Array.from(values)],
    ["F16", Float16Array.from(values)],
    [
      "BF16",
      Uint16Array.from(
        values,
        (v) => new Uint32Array(Float32Array.of(v).buffer)[0]! >>> 16,
      ),
    ],
    ["I64", BigInt64Array.from(values, BigInt)],
    ["I32", Int32Array.from(values)],
    ["I16", Int16Array.from(values)],
    ["I8", Int8Array.from(values)],
    ["U8", Uint8Array.from(values)],
  ];
  await inTempDir(async (dir) => {
    for (const [dtype, view] of raw) {
      const file = join(dir, `${dtype}.safetensors`);
      await writeRaw(file, dtype, [2, 2], new Uint8Array(view.buffer));
      const read = await openSafetensors(file);
      assertEquals([...await read.read("x")], values, dtype);
      const { shape, data } = await read.readTensor("x");
      assertEquals(shape, [2, 2]);
      assertEquals(data instanceof Int32Array, /^[IU]/.test(dtype), dtype);
      assertEquals([...data], values, dtype);
    }
  });
});

Deno.test("BOOL is read as zeros and ones", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "b.safetensors");
    await writeRaw(file, "BOOL", [3], Uint8Array.of(1, 0, 1));
    assertEquals([...await (await openSafetensors(file)).read("x")], [1, 0, 1]);
  });
});

Deno.test("Negative and large I64 values keep their sign, and those over 32 bits are refused", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "i.safetensors");
    const longs = BigInt64Array.of(-1n, -(2n ** 31n), 2n ** 31n - 1n);
    await writeRaw(file, "I64", [3], new Uint8Array(longs.buffer));
    const { data } = await (await openSafetensors(file)).readTensor("x");
    assertEquals([...data], [-1, -(2 ** 31), 2 ** 31 - 1]);

    await writeRaw(
      file,
      "I64",
      [1],
      new Uint8Array(BigInt64Array.of(2n ** 31n).buffer),
    );
    const source = await openSafetensors(file);
    await assertRejects(
      () => source.readTensor("x"),
      LocRefError,
      'tensor "x" holds 2147483648, which does not fit in 32 bits',
    );
  });
});

Deno.test("A tensor longer than one piece is converted whole", async () => {
  const data = Float32Array.from({ length: 1_100_000 }, (_, i) => i % 2048);
  await inTempDir(async (dir) => {
    const file = join(dir, "long.safetensors");
    await writeSafetensors(
      file,
      new Map([["x", { shape: [data.length], dtype: "F16", data }]]),
    );
    assertEquals(await (await openSafetensors(file)).read("x"), data);
  });
});

Deno.test("What is written comes back, with metadata, names sorted", async () => {
  const tensors = new Map<string, WritableTensor>([
    ["b", { shape: [2], data: Float32Array.of(0.1, -3) }],
    ["a", { shape: [], dtype: "I64", data: Int32Array.of(-7) }],
    ["c", { shape: [0, 4], data: new Float32Array(0) }],
    ["d", {
      shape: [1, 3],
      dtype: "BF16",
      data: () => Promise.resolve(Float32Array.of(1, 2, 3)),
    }],
  ]);
  await inTempDir(async (dir) => {
    const file = join(dir, "w.safetensors");
    await writeSafetensors(file, tensors, { metadata: { format: "pt" } });
    const read = await openSafetensors(file);
    assertEquals(read.metadata, { format: "pt" });
    assertEquals(read.names(), ["a", "b", "c", "d"]);
    assertEquals(read.info("d")?.dtype, "BF16");
    assertEquals(await read.read("b"), Float32Array.of(0.1, -3));
    assertEquals((await read.readTensor("a")).data, Int32Array.of(-7));
    assertEquals((await read.read("c")).length, 0);
    assertEquals([...await read.read("d")], [1, 2, 3]);
  });
});

Deno.test("The same tensors in another order give the same bytes", async () => {
  const tensors: [string, WritableTensor][] = ["x", "a", "m"].map((name, i) => [
    name,
    {
      shape: [1],
      dtype: i === 1 ? "F16" : "F32",
      data: Float32Array.of(i),
    },
  ]);
  await inTempDir(async (dir) => {
    const [one, other] = [join(dir, "1"), join(dir, "2")];
    await writeSafetensors(one, new Map(tensors), {
      metadata: { a: "1", b: "2" },
    });
    await writeSafetensors(other, new Map(tensors.toReversed()), {
      metadata: { b: "2", a: "1" },
    });
    assertEquals(await Deno.readFile(one), await Deno.readFile(other));
  });
});

Deno.test("A failing write leaves nothing behind", async () => {
  await inTempDir(async (dir) => {
    await assertRejects(
      () =>
        writeSafetensors(
          join(dir, "w.safetensors"),
          new Map([["x", { shape: [3], data: Float32Array.of(1) }]]),
        ),
      RangeError,
      "Tensor x of shape [3] needs 3 values, got 1",
    );
    await assertRejects(
      () =>
        writeSafetensors(
          join(dir, "w.safetensors"),
          new Map([["__metadata__", { shape: [], data: Float32Array.of(1) }]]),
        ),
      TypeError,
      "Tensor name __metadata__ cannot be written",
    );
    assertEquals([...Deno.readDirSync(dir)], []);
  });
});

Deno.test("Halves are rounded to nearest, ties to even, also from below the half ulp", async () => {
  const cases: [number, number][] = [
    [2049, 2048],
    [2051, 2052],
    [2049.000244140625, 2050],
    [65519.99609375, 65504],
    [65520, Infinity],
    [2 ** -25, 0],
    [2 ** -25 * 1.0000001192092896, 2 ** -24],
  ];
  await inTempDir(async (dir) => {
    const file = join(dir, "h.safetensors");
    const data = Float32Array.from(cases, ([value]) => value);
    await writeSafetensors(
      file,
      new Map([["x", { shape: [data.length], dtype: "F16", data }]]),
      { allowNonFinite: true },
    );
    const read = await (await openSafetensors(file)).read("x");
    assertEquals([...read], cases.map(([, rounded]) => rounded));
  });
});

Deno.test("BF16 is rounded to nearest, ties to even, and NaN stays NaN", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "h.safetensors");
    const data = Float32Array.of(257, 259, 3.4e38, NaN, -1);
    await writeSafetensors(
      file,
      new Map([["x", { shape: [5], dtype: "BF16", data }]]),
      { allowNonFinite: true },
    );
    const read = await (await openSafetensors(file)).read("x");
    assertEquals([...read], [256, 260, Infinity, NaN, -1]);
  });
});

Deno.test("Shards are one source", async () => {
  await inTempDir(async (dir) => {
    const one = (value: number) => ({
      shape: [1],
      data: Float32Array.of(value),
    });
    await writeSafetensors(
      join(dir, "m-1.safetensors"),
      new Map([["a", one(1)]]),
    );
    await writeSafetensors(
      join(dir, "m-2.safetensors"),
      new Map([["b", one(2)]]),
    );
    const index = join(dir, "m.safetensors.index.json");
    const map = { a: "m-1.safetensors", b: "m-2.safetensors" };
    await Deno.writeTextFile(index, JSON.stringify({ weight_map: map }));
    const source = await openSharded(index);
    assertEquals(source.names(), ["a", "b"]);
    assertEquals([...await source.read("b")], [2]);

    await Deno.writeTextFile(
      index,
      JSON.stringify({ weight_map: { ...map, c: "m-2.safetensors" } }),
    );
    await assertRejects(
      () => openSharded(index),
      LocRefError,
      "lists tensors that are not where it says: c (in m-2.safetensors)",
    );
    await Deno.writeTextFile(
      index,
      JSON.stringify({ weight_map: { a: "../m-1.safetensors" } }),
    );
    await assertRejects(
      () => openSharded(index),
      LocRefError,
      "which is no .safetensors file beside it",
    );
  });
});

Deno.test("A missing file, a folder and a file cut short are told apart", async () => {
  await inTempDir(async (dir) => {
    const missing = await assertRejects(
      () => openSafetensors(join(dir, "no.safetensors")),
      LocRefError,
      "does not exist",
    );
    assertEquals(missing.code, "file-missing");
    await assertRejects(() => openSafetensors(dir), LocRefError, "is a folder");

    const file = join(dir, "w.safetensors");
    await writeSafetensors(
      file,
      new Map([["x", { shape: [64], data: new Float32Array(64) }]]),
    );
    const open = await openSafetensors(file);
    await Deno.truncate(file, 100);
    await assertRejects(() => open.read("x"), LocRefError, "ends at byte 100");
    await assertRejects(
      () => openSafetensors(file),
      LocRefError,
      "is cut short: it has 100 bytes of 328; fetch the file again",
    );
    await Deno.truncate(file, 5);
    await assertRejects(
      () => openSafetensors(file),
      LocRefError,
      "it has 5 bytes",
    );
  });
});

Deno.test("The golden checkpoints open", async () => {
  const goldens = new URL("../../../goldens/", import.meta.url).pathname;
  const unet = await openSafetensors(
    join(goldens, "sd-tiny/unet/diffusion_pytorch_model.safetensors"),
  );
  assert(unet.names().includes("conv_in.weight"));
  const bias = await unet.read("conv_in.bias");
  assert(bias.every(Number.isFinite));
});
