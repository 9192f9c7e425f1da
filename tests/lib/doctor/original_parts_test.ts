import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import {
  tinyParts,
  writeSingleFile,
} from "../weights/single_file/tiny_checkpoint.ts";
import { inTempDir } from "../weights/temp_dir.ts";

Deno.test("a checkpoint in one file is compared part by part, and advice is to load it", async () => {
  await inTempDir(async (dir) => {
    const parts = tinyParts();
    const file = await writeSingleFile(join(dir, "one.safetensors"), parts);
    const found = await diagnose(file, { values: false });
    assert(found.ok, JSON.stringify(found.files[0]!.problems));
    assertStringIncludes(found.what, "Stable Diffusion 1.x in a single file");
    assertStringIncludes(found.next, "LocRef.load(FILE)");
  });
});

Deno.test("a tensor that a part of such a file lacks is named", async () => {
  await inTempDir(async (dir) => {
    const parts = tinyParts();
    parts.vae.delete("decoder.mid_block.resnets.1.conv2.weight");
    const file = await writeSingleFile(join(dir, "one.safetensors"), parts);
    const { ok, files: [report] } = await diagnose(file, { values: false });
    assert(!ok);
    assertEquals([...report!.missing.keys()], [
      "decoder.mid_block.resnets.1.conv2.weight",
    ]);
  });
});
