import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { LocRefError } from "../../../../lib/core/error.ts";
import { loadModel } from "../../../../lib/pipeline/load/load_model.ts";
import { pocketFolder } from "../../../../lib/pipeline/load/pocket_folder.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { copyWithMetadata } from "../../weights/with_metadata.ts";

Deno.test("an adapter whose composite image lies otherwise than the UNet's coordinates is refused", async () => {
  const pocket = await pocketFolder();
  const own = join(pocket, "locref", "locref.safetensors");
  const imageEncoder = join(pocket, "image_encoder");
  await inTempDir(async (dir) => {
    const adapter = join(dir, "stretched.safetensors");
    await copyWithMetadata(own, adapter, { composite_fit: "stretch" });
    const error = await assertRejects(
      () => loadModel("pocket", { adapter, imageEncoder, backend: "onnx" }),
      LocRefError,
      'has composite_fit "stretch", but the UNet was trained with coordinate_fit "contain"',
    );
    assertEquals(error.code, "checkpoint-mismatch");
  });
});
