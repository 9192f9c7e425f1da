/** What Python's packages make of our files; left out where `deno task bench:setup` did not run. */

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { exportCoco } from "../../train/dataset/export/export_coco.ts";
import { openDataset } from "../../train/dataset/read/open_dataset.ts";
import { withTempDir } from "./temp_dir.ts";
import { build, coco } from "./dataset/data.ts";

const python = fromFileUrl(
  new URL("../../../.cache/bench/venv/bin/python", import.meta.url),
);

async function runPython(code: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(python, {
    args: ["-c", code, ...args],
    env: { PYTHONWARNINGS: "ignore" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
}

async function has(module: string): Promise<boolean> {
  try {
    await runPython(`import ${module}`);
    return true;
  } catch {
    return false;
  }
}

Deno.test({
  name: "Python's webdataset reads the shards",
  ignore: !await has("webdataset"),
  async fn() {
    await withTempDir(async (dir) => {
      await build(await coco(), dir);
      const code = `
import glob, json, sys, webdataset
shards = sorted(glob.glob(sys.argv[1] + "/train-*.tar"))
found = []
for sample in webdataset.WebDataset(shards, shardshuffle=False).decode("pil"):
    refs = sorted(name for name in sample if name.startswith("ref"))
    found.append([sample["__key__"], sample["jpg"].size[0], len(sample["json"]["instances"]), len(refs)])
    assert sample["ref0.webp"].size[0] > 0
print(json.dumps(found))`;
      const found = JSON.parse(await runPython(code, dir));
      const dataset = await openDataset(dir);
      const expected = dataset.lines.map(({ key, categories }) => [
        key,
        64,
        categories.length,
        categories.length,
      ]);
      assertEquals(found, expected);
    });
  },
});

Deno.test({
  name: "pycocotools evaluates exported masks",
  ignore: !await has("pycocotools"),
  async fn() {
    await withTempDir(async (dir) => {
      await build(await coco(), join(dir, "set"));
      await exportCoco(join(dir, "set"), dir);
      const code = `
import json, sys
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
truth = COCO(sys.argv[1])
found = truth.loadRes([{k: one[k] for k in ("image_id", "category_id", "segmentation")} | {"score": 0.9}
    for one in truth.dataset["annotations"]])
run = COCOeval(truth, found, "segm")
run.evaluate(); run.accumulate(); run.summarize()
print(run.stats[0])`;
      const AP = await runPython(code, join(dir, "instances_train.json"));
      assertEquals(Number(AP), 1);
    });
  },
});
