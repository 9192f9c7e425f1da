import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../../../lib/core/error.ts";
import type { SelfTest } from "../../../../lib/ops/gpu/self_test.ts";
import {
  refusedByAuto,
  testedAttention,
} from "../../../../lib/ops/gpu/tested_device.ts";

const ort = {
  env: { versions: { node: "1" } },
  listSupportedBackends: () => [{ name: "cpu" }, { name: "webgpu" }],
} as unknown as typeof onnxruntime;
const load = () => Promise.resolve(ort);
const traces = { identity: ["linux", "a card", "its driver 1"] };
const fast: SelfTest = {
  attention: "fused",
  software: false,
  speed: { device: 1, cpu: 9 },
};

/** A device whose test returns `found` and is counted. */
async function withDevice(
  found: SelfTest,
  use: (device: {
    folder: string;
    traces: { identity: string[]; missing?: string };
    test: () => Promise<SelfTest>;
    tests: () => number;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  let tests = 0;
  try {
    await use({
      folder,
      traces,
      test: () => Promise.resolve((tests++, found)),
      tests: () => tests,
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("auto takes a GPU that passed and is faster, and tests it once", async () => {
  await withDevice(fast, async (device) => {
    assertEquals(await refusedByAuto(load, "webgpu", device), undefined);
    assertEquals(await refusedByAuto(load, "webgpu", device), undefined);
    assertEquals(await testedAttention(ort, "webgpu", device), "fused");
    assertEquals(device.tests(), 1);
  });
});

const refused: [string, SelfTest, string][] = [
  [
    "computes wrong numbers",
    { ...fast, failure: "attention is wrong by 2.0e-1" },
    "attention is wrong by 2.0e-1",
  ],
  [
    "is a processor that plays one",
    { software: true, product: { side: 256, ms: 91.4 } },
    "it computes on the processor: a product of 256 × 256 matrices took 91 ms",
  ],
  [
    "is no faster than the CPU",
    { ...fast, speed: { device: 8, cpu: 9 } },
    "it is not 1.5 times faster than the CPU: products took 8.0 ms there, 9.0 ms on the CPU",
  ],
];

for (const [name, found, reason] of refused) {
  Deno.test(`auto leaves a GPU that ${name}, and says why each time`, async () => {
    await withDevice(found, async (device) => {
      const first = await refusedByAuto(load, "webgpu", device);
      assertEquals(
        first?.message,
        `Backend "onnx-webgpu" is not available (${reason})`,
      );
      assertEquals(first?.code, "backend-missing");
      const again = await refusedByAuto(load, "webgpu", device);
      assert(
        again?.message.includes(`${reason}; remembered in "${device.folder}`),
      );
      assertEquals(device.tests(), 1);
    });
  });
}

Deno.test("where the system shows no GPU, nothing is loaded", async () => {
  await withDevice(fast, async (device) => {
    const error = await refusedByAuto(
      () => Promise.reject(new Error("onnxruntime was loaded")),
      "webgpu",
      {
        ...device,
        traces: { identity: [], missing: "the system shows no GPU" },
      },
    );
    assertEquals(
      error?.message,
      'Backend "onnx-webgpu" is not available (the system shows no GPU)',
    );
    assertEquals(device.tests(), 0);
  });
});

Deno.test("a device that onnxruntime was built without is neither tested nor remembered", async () => {
  await withDevice(fast, async (device) => {
    for (let i = 0; i < 2; i++) {
      const error = await assertRejects(
        () => testedAttention(ort, "coreml", device),
        LocRefError,
      );
      assert(
        /^Backend "onnx-coreml" is not available \(onnxruntime has none on \w+ \w+\)$/
          .test(error.message),
        error.message,
      );
    }
    const auto = await refusedByAuto(load, "dml", device);
    assert(auto?.message.includes("onnxruntime has none on"));
    assertEquals(device.tests(), 0);
    assertEquals([...Deno.readDirSync(device.folder)], []);
  });
});

Deno.test("findings that JSON cannot hold whole are remembered all the same", async () => {
  const errors = { product: 0, fused: Infinity, plain: 1e-7 };
  await withDevice({ ...fast, attention: "plain", errors }, async (device) => {
    await refusedByAuto(load, "webgpu", device);
    assertEquals(await testedAttention(ort, "webgpu", device), "plain");
    assertEquals(device.tests(), 1);
  });
});

Deno.test("another driver is tested anew", async () => {
  await withDevice(fast, async (device) => {
    await refusedByAuto(load, "webgpu", device);
    const renewed = { identity: ["linux", "a card", "its driver 2"] };
    await refusedByAuto(load, "webgpu", { ...device, traces: renewed });
    assertEquals(device.tests(), 2);
  });
});

Deno.test("a test that ended its process is not run by auto again", async () => {
  await withDevice(fast, async (device) => {
    const crash = () => Promise.reject(new Error("the process ends"));
    await assertRejects(
      () => refusedByAuto(load, "webgpu", { ...device, test: crash }),
      Error,
      "the process ends",
    );
    const soon = await refusedByAuto(load, "webgpu", device);
    assert(soon?.message.includes("another process tests it now"));
    for await (const { name } of Deno.readDir(device.folder)) {
      const began = { version: 3, began: Date.now() - 3_600_000 };
      const file = join(device.folder, name);
      await Deno.writeTextFile(file, JSON.stringify(began));
    }
    const later = await refusedByAuto(load, "webgpu", device);
    assert(later?.message.includes("its test ended the process"));
    assertEquals(device.tests(), 0);
    assertEquals(await testedAttention(ort, "webgpu", device), "fused");
  });
});

Deno.test("a GPU whose test cannot be remembered is left, since each start would test it", async () => {
  await withDevice(fast, async (device) => {
    const file = join(device.folder, "file");
    await Deno.writeTextFile(file, "");
    const error = await refusedByAuto(load, "webgpu", {
      ...{ ...device, folder: file },
    });
    assert(error?.message.includes("cannot be remembered"), error?.message);
    assertEquals(device.tests(), 0);
  });
});

const damaged: [string, string][] = [
  ["is cut", "{"],
  ["holds no record", "null"],
  ["holds findings of nothing", '{"version":3,"found":null}'],
  ["holds no verdict", '{"version":3,"found":{}}'],
  ["lacks the product", '{"version":3,"found":{"software":true}}'],
  [
    "holds a form of attention that is not known",
    '{"version":3,"found":{"attention":"none","speed":{"device":1,"cpu":9}}}',
  ],
  [
    "holds times that are no numbers",
    '{"version":3,"found":{"speed":{"device":"1","cpu":9}}}',
  ],
  ["is of an older layout", '{"version":2,"found":{"failure":"old"}}'],
];

for (const [name, text] of damaged) {
  Deno.test(`a device whose memory ${name} is tested again`, async () => {
    await withDevice(fast, async (device) => {
      await refusedByAuto(load, "webgpu", device);
      for await (const { name } of Deno.readDir(device.folder)) {
        await Deno.writeTextFile(join(device.folder, name), text);
      }
      assertEquals(await refusedByAuto(load, "webgpu", device), undefined);
      assertEquals(await testedAttention(ort, "webgpu", device), "fused");
      assertEquals(device.tests(), 2);
    });
  });
}

Deno.test("a test that began in the future, by a clock that was set back, has ended its process", async () => {
  await withDevice(fast, async (device) => {
    await refusedByAuto(load, "webgpu", device);
    for await (const { name } of Deno.readDir(device.folder)) {
      const began = { version: 3, began: Date.now() + 86_400_000 };
      const file = join(device.folder, name);
      await Deno.writeTextFile(file, JSON.stringify(began));
    }
    const refused = await refusedByAuto(load, "webgpu", device);
    assert(refused?.message.includes("its test ended the process"));
  });
});

Deno.test("a named device whose test cannot be remembered is used, and tested at each start", async () => {
  await withDevice(fast, async (device) => {
    const file = join(device.folder, "file");
    await Deno.writeTextFile(file, "");
    const unwritable = { ...device, folder: file };
    assertEquals(await testedAttention(ort, "webgpu", unwritable), "fused");
    assertEquals(await testedAttention(ort, "webgpu", unwritable), "fused");
    assertEquals(device.tests(), 2);
  });
});

Deno.test("attention of a software device is tested when it is named, and remembered", async () => {
  await withDevice(
    { software: true, product: { side: 256, ms: 91 } },
    async (device) => {
      await refusedByAuto(load, "webgpu", device);
      const plain = () =>
        Promise.resolve<SelfTest>({
          ...{
            software: true,
            product: { side: 256, ms: 91 },
            attention: "tiled",
          },
        });
      const named = { ...device, test: plain };
      assertEquals(await testedAttention(ort, "webgpu", named), "tiled");
      assertEquals(await testedAttention(ort, "webgpu", device), "tiled");
      assertEquals(device.tests(), 1);
    },
  );
});

Deno.test("a device that computes wrong numbers is refused by name", async () => {
  const product = { side: 256, ms: 1 };
  const found = { failure: "a product is wrong by 1.0e+0", product };
  await withDevice(found, async (device) => {
    for (const end of [")", '; remembered in "']) {
      await assertRejects(
        () => testedAttention(ort, "webgpu", device),
        LocRefError,
        `Backend "onnx-webgpu" is not available (a product is wrong by 1.0e+0${end}`,
      );
    }
  });
});

Deno.test("a named device that did not begin is tested again, since a package may have been missing", async () => {
  const failure = "Failed to get a WebGPU adapter: No supported adapters";
  await withDevice({ failure }, async (device) => {
    const error = await assertRejects(
      () => testedAttention(ort, "webgpu", device),
      LocRefError,
      `(${failure}): install the GPU's driver`,
    );
    assertEquals(error.code, "backend-missing");
    const auto = await refusedByAuto(load, "webgpu", device);
    assert(auto?.message.includes(`${failure}; remembered in `));
    const whole = { ...device, test: () => Promise.resolve(fast) };
    assertEquals(await testedAttention(ort, "webgpu", whole), "fused");
    assertEquals(await refusedByAuto(load, "webgpu", device), undefined);
    assertEquals(device.tests(), 1);
  });
});
