import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LocRef } from "../../../lib/pipeline/locref.ts";
import { renderSize } from "../../../lib/pipeline/render_size.ts";

Deno.test("no scene is rendered with more than twice the pixels that the model was trained on", async () => {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  const { nativeSize: native } = model;
  const side = fc.integer({ min: 1, max: 16384 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = renderSize(model, { size: { width, height } });
      assert(size.width * size.height <= 2 * native.width * native.height);
      assert(size.width % 16 === 0 && size.height % 16 === 0);
      assert(size.width > 0 && size.height > 0);
      assertEquals(
        Math.sign(size.width - size.height) * Math.sign(width - height) >= 0,
        true,
      );
    }),
  );
  const row = renderSize(model, { size: { width: 16384, height: 1 } });
  assertEquals(row, { width: 512, height: 16 });
});
