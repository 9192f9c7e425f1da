import { assert, assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { pixelsOf, twoObjects, writeEncoder } from "../random_adapter.ts";
import { smallBase } from "../small_base.ts";
import { fastComposerFile } from "../rival_files.ts";

Deno.test("FastComposer puts pictures into the words that name them", async () => {
  await inTempDir(async (dir) => {
    const adapter = await fastComposerFile(dir);
    const imageEncoder = await writeEncoder(dir, 32);
    await using model = await LocRef.load(smallBase, {
      ...{ adapter, imageEncoder, backend: "onnx" },
    });
    const one = await pixelsOf(twoObjects(["cat", "dog"]), model);
    assertEquals(await pixelsOf(twoObjects(["cat", "dog"]), model), one);
    const never = { methods: { fastcomposer: { plainSteps: 2 } } };
    const plain = await pixelsOf(twoObjects(["cat", "dog"]), model, never);
    assert(plain.some((value, i) => value !== one[i]));
    // a fifth of five steps is one, and the step of that number is plain too
    const five = async (fastcomposer: object) =>
      (await pixelsOf(twoObjects(["cat", "dog"]), model, {
        ...{ steps: 5, methods: { fastcomposer } },
      })).join();
    const [usual, two, three] = [
      await five({}),
      await five({ plainSteps: 1 }),
      await five({ plainSteps: 2 }),
    ];
    assertEquals(usual, two);
    assert(two !== three);
    const fewer = await pixelsOf(twoObjects(["cat"]), model);
    assert(fewer.some((value, i) => value !== one[i]));
    await assertRejects(
      () => pixelsOf(twoObjects(["cat", "horse"]), model),
      LocRefError,
      "Instance 2",
    );
  });
});
