import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { diagnose } from "../../../lib/doctor/diagnose.ts";
import type { Diagnosis } from "../../../lib/doctor/diagnosis.ts";
import { listModelFolder } from "../../../lib/pipeline/list_model_folder.ts";
import { REPO, startHub } from "../weights/loopback_hub.ts";
import { inTempDir } from "../weights/temp_dir.ts";

const goldens = fromFileUrl(new URL("../../goldens", import.meta.url));

/** The diagnosis of a model that a loopback hub serves, and the files that it read. */
async function onHub(
  name: string,
  { change, inside }: {
    change?: (files: Record<string, Uint8Array<ArrayBuffer>>) => void;
    inside?: string;
  } = {},
): Promise<{ found: Diagnosis; read: string[] }> {
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  const prefix = inside === undefined ? "" : `${inside}/`;
  for (const path of await listModelFolder(join(goldens, name))) {
    files[prefix + path] = await Deno.readFile(join(goldens, name, path));
  }
  change?.(files);
  const hub = startHub({ files });
  try {
    let found: Diagnosis | undefined;
    await inTempDir(async (cacheDir) => {
      const { endpoint } = hub;
      found = await diagnose(inside ? `${REPO}/${inside}` : REPO, {
        ...{ endpoint, cacheDir, offline: false },
      });
    });
    return { found: found!, read: hub.downloads };
  } finally {
    await hub.stop();
  }
}

for (const name of ["sd-tiny", "sdxl-tiny"]) {
  for (const inside of [undefined, "models/one"]) {
    Deno.test(`${name} on the hub ${inside ? "in a folder " : ""}has the settings of ${name} on this machine, from headers read once`, async () => {
      const { found, read } = await onHub(name, { inside });
      const { settings } = await diagnose(join(goldens, name));
      assert(found.ok, found.problems.join());
      assertStringIncludes(found.settings!, "by default sampler");
      assertEquals(found.settings, settings);
      assertEquals(new Set(read).size, read.length);
    });
  }
}

Deno.test("parts on the hub that do not fit each other are named", async () => {
  const { found } = await onHub("sdxl-tiny", {
    change(files) {
      const file = "unet/config.json";
      const config = JSON.parse(new TextDecoder().decode(files[file]));
      const text = JSON.stringify({ ...config, cross_attention_dim: 48 });
      files[file] = new TextEncoder().encode(text);
    },
  });
  assert(!found.ok);
  assertEquals(found.settings, undefined);
  assertStringIncludes(found.problems.join(), "48");
});
