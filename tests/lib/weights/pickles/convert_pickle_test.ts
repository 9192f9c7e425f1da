import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { convertPickle } from "../../../../lib/weights/pickles/convert_pickle.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { inTempDir } from "../temp_dir.ts";
import { bytes, checkpoint, dictionary, int, tensor, text } from "./craft.ts";

const fixtures = new URL("../../../data/pickles/", import.meta.url);

function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

const whole = { count: 2, shape: [2], strides: [1] };

Deno.test("a converted checkpoint keeps names, types, shapes and values", async () => {
  await inTempDir(async (dir) => {
    const output = join(dir, "views.safetensors");
    const progress: number[] = [];
    const input = new URL("views.bin", fixtures).pathname;
    const done = await convertPickle(input, output, {
      onProgress: (count, total) => progress.push(count / total),
    });
    const file = await openSafetensors(output);
    const types = file.names().map((name) => file.info(name)!.dtype);
    assertEquals(
      file.names().join(),
      "bf16,empty,ids,part,scalar,turned,whole",
    );
    assertEquals(types.join(), "BF16,F32,I64,F32,F32,F32,F32");
    assertEquals(file.info("turned")!.shape, [6, 4]);
    const turned = await file.read("turned");
    const kept = await file.read("whole");
    assertEquals(turned[1], kept[6]);
    assertEquals(done.dtypes, { BF16: 1, F32: 5, I64: 1 });
    assertEquals(progress.at(-1), 1);
  });
});

Deno.test("a trainer's checkpoint becomes its state_dict, and what is left out is named", async () => {
  await inTempDir(async (dir) => {
    const [input, output] = [join(dir, "a.ckpt"), join(dir, "a.safetensors")];
    const entry = (key: string) => tensor(key, whole);
    await Deno.writeFile(
      input,
      checkpoint(
        dictionary({
          state_dict: [...bytes("}(", text("w"), entry("0"), "u")],
          optimizer: [...bytes("](", entry("1"), "e")],
          epoch: int(3),
        }),
        { 0: floats(1, 2), 1: floats(3, 4) },
      ),
    );
    const done = await convertPickle(input, output);
    assertEquals((await openSafetensors(output)).names(), ["w"]);
    assertEquals(done.wrapper, "state_dict");
    assertEquals(done.leftOut, ["optimizer.0"]);
    assertEquals(done.skipped, [{ name: "epoch", what: "a number" }]);
  });
});

Deno.test("an existing file stays unless it is to be replaced, and the checkpoint always", async () => {
  await inTempDir(async (dir) => {
    const input = join(dir, "a.bin"), output = join(dir, "a.safetensors");
    await Deno.copyFile(new URL("nested.bin", fixtures), input);
    await Deno.writeTextFile(output, "precious");
    await assertRejects(
      () => convertPickle(input, output),
      LocRefError,
      "exists: give another name",
    );
    assertEquals(await Deno.readTextFile(output), "precious");
    await convertPickle(input, output, { replace: true });
    assertEquals((await openSafetensors(output)).names().length, 4);
    await Deno.link(input, join(dir, "same.bin"));
    for (const same of [input, join(dir, "same.bin")]) {
      await assertRejects(
        () => convertPickle(input, same, { replace: true }),
        LocRefError,
        "it is the checkpoint that is read",
      );
    }
  });
});

Deno.test("damaged values, and values that are not finite, are not written", async () => {
  await inTempDir(async (dir) => {
    const output = join(dir, "a.safetensors");
    const cases: [string, Uint8Array<ArrayBuffer>][] = [
      [
        "their checksum differs",
        checkpoint(
          dictionary({ w: tensor("0", whole) }),
          { 0: floats(1, 2) },
        ),
      ],
      [
        "holds 1 value that is NaN or infinity",
        checkpoint(
          dictionary({ w: tensor("0", whole) }),
          { 0: floats(1, NaN) },
        ),
      ],
    ];
    // a bit of the first value, which lies before the list of entries
    const file = cases[0]![1];
    const at = indexOf(file, floats(1, 2));
    file[at + 1]! ^= 1;
    for (const [message, content] of cases) {
      const input = join(dir, "a.bin");
      await Deno.writeFile(input, content);
      await assertRejects(
        () => convertPickle(input, output),
        LocRefError,
        message,
      );
      const left = [...Deno.readDirSync(dir)].map(({ name }) => name);
      assertEquals(left, ["a.bin"]);
    }
  });
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  const at = bytes.findIndex((_, i) =>
    part.every((value, j) => bytes[i + j] === value)
  );
  assert(at > 0);
  return at;
}
