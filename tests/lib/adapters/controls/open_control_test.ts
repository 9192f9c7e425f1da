import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { openControl } from "../../../../lib/adapters/controls/open_control.ts";
import { inTempDir } from "../../weights/temp_dir.ts";
import { writeControlnet } from "../random_controls.ts";

Deno.test("a file in a ControlNet's folder is read by the config beside it", async () => {
  await inTempDir(async (dir) => {
    const folder = await writeControlnet(dir, { norm_num_groups: 8 });
    const file = join(folder, "diffusion_pytorch_model.safetensors");
    const { config } = await openControl(file);
    assertEquals(config, (await openControl(folder)).config);
    const other = join(dir, "my_net.safetensors");
    await Deno.rename(file, other);
    const inferred = (await openControl(other)).config;
    assertEquals("norm_num_groups" in inferred && inferred.norm_num_groups, 32);
  });
});
