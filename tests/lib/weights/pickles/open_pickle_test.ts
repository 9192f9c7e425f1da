import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { LocRefError } from "../../../../lib/core/error.ts";
import { openPickle } from "../../../../lib/weights/pickles/open_pickle.ts";
import { pickleCases } from "../../../../tools/golden/baselines/pickle_cases.ts";
import { inTempDir } from "../temp_dir.ts";
import { fuzzPickles } from "./fuzz.ts";
import {
  archive,
  bytes,
  checkpoint,
  dictionary,
  int,
  tensor,
  text,
} from "./craft.ts";

const data = new URL("../../../data/", import.meta.url);
const fixtures = new URL("pickles/", data);

Deno.test("checkpoints of PyTorch's own making hold the expected tensors", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.symlink(fixtures, join(dir, "pickles"));
    for (const name of ["pickles.safetensors", "pickles.json"]) {
      await Deno.copyFile(new URL(name, fixtures), join(dir, name));
    }
    for (const { name, run } of pickleCases) {
      assertEquals(await run({ dir, executor: undefined! }), 0, name);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

/** What opening a checkpoint of these bytes throws. */
async function refusal(
  content: Uint8Array,
  options: { tensorsOnly?: boolean } = {},
): Promise<LocRefError> {
  const path = await Deno.makeTempFile({ suffix: ".bin" });
  try {
    await Deno.writeFile(path, content);
    const error = await assertRejects(
      () => openPickle(path, options),
      LocRefError,
    );
    assertEquals(error.code, "file-invalid");
    assert(error.message.startsWith(path), error.message);
    return error;
  } finally {
    await Deno.remove(path);
  }
}

const one = bytes([0, 0, 128, 63]);
const good = tensor("0", { count: 1, shape: [1], strides: [1] });

const calls: Readonly<Record<string, [string, string]>> = {
  "a function": ["cos\nsystem\n(X\x02\0\0\0lstR", "os.system"],
  "a function of Windows": ["cnt\nsystem\n(X\x02\0\0\0lstR", "nt.system"],
  "a built-in": ["c__builtin__\neval\n(X\x01\0\0\0ntR", "__builtin__.eval"],
  "a class by INST": ["(X\x02\0\0\0lsiposix\nsystem\n", "posix.system"],
  "a class by OBJ": ["(csubprocess\nPopen\nX\x02\0\0\0lso", "subprocess.Popen"],
  "a class by NEWOBJ": ["csubprocess\nPopen\n)\x81", "subprocess.Popen"],
  "a class by NEWOBJ_EX": ["csubprocess\nPopen\n)}\x92", "subprocess.Popen"],
  "a name of the stack": [
    "\x8c\x08builtins\x8c\x04exec\x93(X\x01\0\0\0ntR",
    "builtins.exec",
  ],
  "a member of a built-in": [
    "\x8c\x08builtins\x8c\x0bset.__new__\x93)R",
    "builtins.set.__new__",
  ],
  "state of a class": ["cbuiltins\nprint\n}b", "builtins.print"],
  "the loader of PyTorch": [
    "ctorch.serialization\nload\n)R",
    "torch.serialization.load",
  ],
};

for (const [label, [code, name]] of Object.entries(calls)) {
  Deno.test(`a checkpoint that calls ${label} is refused by name`, async () => {
    const description = dictionary({ a: good, b: [...bytes(code)] });
    const file = checkpoint(description, { 0: one });
    for (const tensorsOnly of [false, true]) {
      const { message } = await refusal(file, { tensorsOnly });
      assertStringIncludes(message, `calls ${name},`);
      assertStringIncludes(message, "nothing was called here");
    }
  });
}

Deno.test("a plain pickle that calls a function is refused by name, also of protocol 0", async () => {
  const { message } = await refusal(bytes("cposix\nsystem\n(S'ls'\ntR."));
  assertStringIncludes(message, "calls posix.system,");
});

Deno.test("a class that is skipped is named among what was skipped", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "model.ckpt");
    const description = dictionary({
      a: good,
      hook: [...bytes("cmy.module\nHook\n)R}(", text("x"), int(1), "ub")],
    });
    await Deno.writeFile(path, checkpoint(description, { 0: one }));
    const { message } = await refusal(await Deno.readFile(path));
    assertStringIncludes(message, "my.module.Hook");
    assertStringIncludes(message, "--tensors-only");
    const file = await openPickle(path, { tensorsOnly: true });
    assertEquals(file.skipped, [{ name: "hook", what: "my.module.Hook" }]);
    assertEquals([...await file.read("a")], [1]);
  });
});

const broken: Readonly<Record<string, [Uint8Array, RegExp]>> = {
  "reaches beyond its storage": [
    checkpoint(
      dictionary({ a: tensor("0", { count: 1, shape: [2], strides: [1] }) }),
      { 0: one },
    ),
    /reaches to byte 8 of storage "0", which has 4/,
  ],
  "declares more than the file holds": [
    checkpoint(
      dictionary({
        a: tensor("0", { count: 2 ** 30, shape: [2 ** 30], strides: [1] }),
      }),
      { 0: one },
    ),
    /declares 4294967296 bytes of storage "0", which has 4/,
  ],
  "repeats a value without end": [
    checkpoint(
      dictionary({
        a: tensor("0", {
          ...{ count: 1, shape: [2 ** 30, 2 ** 20], strides: [0, 0] },
        }),
      }),
      { 0: one },
    ),
    /would take 4503599627370496 bytes/,
  ],
  "lies in a storage that is missing": [
    checkpoint(dictionary({ a: good })),
    /storage "0" of tensor "a" is missing/,
  ],
  "has a type that safetensors lacks": [
    checkpoint(
      dictionary({
        a: tensor("0", {
          ...{ count: 1, shape: [1], strides: [1], type: "QInt8Storage" },
        }),
      }),
      { 0: one },
    ),
    /is of torch\.QInt8Storage, which safetensors does not have/,
  ],
  "is named as another": [
    checkpoint(
      dictionary({
        "a.b": good,
        a: [...bytes("}(", text("b"), good, "u")],
      }),
      { 0: one },
    ),
    /two tensors are named "a\.b"/,
  ],
  "is missing altogether": [
    checkpoint(dictionary({ a: int(1) })),
    /holds no tensors/,
  ],
  "lies under lists without end": [
    checkpoint(bytes("\x80\x02]q\0h\0a.")),
    /lists and dictionaries more than 64 deep/,
  ],
  // Each list holds the one before it twice, so that forty of them hold 2⁴⁰.
  "lies under lists of lists that double": [
    checkpoint(
      bytes(
        "\x80\x02",
        good,
        ..."x".repeat(40).split("").map(() => "2\x86"),
        ".",
      ),
      { 0: one },
    ),
    /more than 200000 tensors/,
  ],
};

for (const [label, [content, pattern]] of Object.entries(broken)) {
  Deno.test(`a checkpoint whose tensor ${label} is refused`, async () => {
    assertMatch((await refusal(content)).message, pattern);
  });
}

Deno.test("a description that asks for endless work is refused", async () => {
  const copies = "ccollections\nOrderedDict\nh\0\x85R0".repeat(6_000);
  const pairs = "K\x01K\x02\x86".repeat(2_000);
  const description = bytes("\x80\x02](", pairs, "eq\0", copies, ".");
  const { message } = await refusal(checkpoint(description));
  assertStringIncludes(message, "more than 4000000 instructions");
});

/** A list in a list in a list, and so on, with a tensor inside. */
function nested(levels: number): Uint8Array {
  return bytes("\x80\x02", good, "\x85".repeat(levels), ".");
}

Deno.test("tensors lie up to 64 lists deep; deeper ones are refused, however deep", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "model.bin");
    await Deno.writeFile(path, checkpoint(nested(64), { 0: one }));
    const name = "0.".repeat(64).slice(0, -1);
    assertEquals((await openPickle(path)).names(), [name]);
  });
  for (const levels of [65, 300_000]) {
    const { message } = await refusal(checkpoint(nested(levels), { 0: one }));
    assertStringIncludes(message, "lists and dictionaries more than 64 deep");
  }
});

Deno.test("numbers of the other byte order are refused by its name", async () => {
  const file = archive({
    "model/data.pkl": dictionary({ a: good }),
    "model/byteorder": bytes("big"),
    "model/data/0": one,
  });
  assertStringIncludes((await refusal(file)).message, '"big" endian');
});

Deno.test("lengths beyond the file take no memory", async () => {
  const values = {
    "a text": ["\x8d", [0, 0, 0, 0, 0, 0, 0, 64]],
    "a number": ["\x8b", [255, 255, 255, 127]],
    "bytes": ["\x8e", [255, 255, 255, 255, 255, 255, 31, 0]],
    "a place to remember at": ["]r", [255, 255, 255, 255]],
  } as const;
  const before = Deno.memoryUsage().rss;
  for (const [code, length] of Object.values(values)) {
    await refusal(checkpoint(bytes("\x80\x04", code, length, "\x01.")));
  }
  assert(Deno.memoryUsage().rss - before < 5e8);
});

Deno.test("a strided view of any storage holds the values that its strides say", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "model.bin");
    const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
    const steps = fc.array(fc.integer({ min: 0, max: 9 }), {
      ...{ minLength: 4, maxLength: 4 },
    });
    await fc.assert(
      fc.asyncProperty(
        dims,
        steps,
        fc.integer({ min: 0, max: 5 }),
        async (shape, all, offset) => {
          const strides = all.slice(0, shape.length);
          const count = 160;
          const storage = new Float32Array(count).map((_, i) => i);
          const view = tensor("0", { count, shape, strides, offset });
          await Deno.writeFile(
            path,
            checkpoint(dictionary({ a: view }), {
              0: new Uint8Array(storage.buffer),
            }),
          );
          const found = await (await openPickle(path)).read("a");
          assertEquals([...found], indices(shape, strides, offset));
        },
      ),
      { numRuns: 60 },
    );
  });
});

function indices(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): number[] {
  if (shape.length === 0) return [offset];
  return Array.from(
    { length: shape[0]! },
    (_, i) =>
      indices(shape.slice(1), strides.slice(1), offset + i * strides[0]!),
  ).flat();
}

Deno.test("five thousand damaged checkpoints are read or refused, with little time and memory", async () => {
  const names = ["nested.bin", "legacy.bin", "views.bin", "lightning.ckpt"];
  const files = await Promise.all(
    names.map((name) => Deno.readFile(new URL(name, fixtures))),
  );
  const { faults, read, refused, slowest, growth } = await fuzzPickles(files, {
    ...{ seed: 24, count: 5000 },
  });
  assertEquals(faults, []);
  assert(read > 100 && refused > 2500, `${read} read, ${refused} refused`);
  assert(slowest < 5_000, `One file took ${slowest} ms`);
  assert(growth < 1e9, `The process grew by ${growth} bytes`);
});
