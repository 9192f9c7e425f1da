import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import {
  type WritableTensor,
  writeSafetensors,
} from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { LocRefError } from "../../../../lib/core/error.ts";
import { inTempDir } from "../temp_dir.ts";

const name = fc.string({ minLength: 1, unit: "grapheme" })
  .filter((text) => text !== "__proto__" && text !== "__metadata__");

/** A tensor of whole numbers up to 256, which every type can hold. */
const tensor: fc.Arbitrary<WritableTensor & { data: Float32Array }> = fc
  .array(fc.nat({ max: 5 }), { maxLength: 4 })
  .chain((shape) => {
    const length = shape.reduce((product, dim) => product * dim, 1);
    return fc.record({
      shape: fc.constant(shape),
      dtype: fc.constantFrom("F32", "F16", "BF16", "I64"),
      data: fc.array(fc.integer({ min: -256, max: 256 }), {
        minLength: length,
        maxLength: length,
      }).map((values) => Float32Array.from(values)),
    });
  });

Deno.test("Whatever is written is read back, under any names and shapes", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "x.safetensors");
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(name, tensor), {
          maxLength: 8,
          selector: ([key]) => key,
        }),
        fc.dictionary(name, fc.string({ unit: "grapheme" })),
        async (entries, metadata) => {
          await writeSafetensors(path, new Map(entries), { metadata });
          const file = await openSafetensors(path);
          assertEquals(file.names(), entries.map(([key]) => key).sort());
          assertEquals({ ...file.metadata }, { ...metadata });
          for (const [key, { shape, dtype, data }] of entries) {
            assertEquals(file.info(key)?.shape, shape);
            assertEquals(file.info(key)?.dtype, dtype);
            assertEquals(await file.read(key), data);
            assertEquals([...(await file.readTensor(key)).data], [...data]);
          }
        },
      ),
      { numRuns: 60, seed: 6 },
    );
  });
});

Deno.test("NaN, infinity and what a type cannot hold are not written, and no file is left", async () => {
  const rows: [WritableTensor["dtype"], number, string][] = [
    ["F32", NaN, 'Tensor "x" holds 1 value that is NaN or infinity, so '],
    ["F32", -Infinity, 'Tensor "x" holds 1 value '],
    ["F16", NaN, "NaN or infinity as F16"],
    ["F16", 70_000, "(F16 ends at 65504, F32 and BF16 do not)"],
    ["BF16", NaN, "NaN or infinity as BF16"],
    ["BF16", 3.4e38, "NaN or infinity as BF16"],
  ];
  await inTempDir(async (dir) => {
    for (const [dtype, value, message] of rows) {
      const data = Float32Array.of(1, value, 2);
      const path = join(dir, "x.safetensors");
      const error = await assertRejects(
        () =>
          writeSafetensors(path, new Map([["x", { shape: [3], dtype, data }]])),
        LocRefError,
        message,
      );
      assertEquals(error.code, "not-finite");
      assertEquals([...Deno.readDirSync(dir)], []);
    }
  });
});
