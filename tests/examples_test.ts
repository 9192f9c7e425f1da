import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { type ShortCheckout, shortCheckout } from "./short_checkout.ts";

const examples = new URL("../examples/", import.meta.url);

/** The default number of steps in the copy of the checkout. */
const steps = 2;

let checkout: ShortCheckout;
Deno.test.beforeAll(async () => {
  checkout = await shortCheckout(steps);
});
Deno.test.afterAll(async () => await checkout[Symbol.asyncDispose]());

const golden = (path: string) =>
  fromFileUrl(new URL(`./goldens/${path}`, import.meta.url));

/** What each example is given, and what it must have written. */
const runs: Record<
  string,
  { args: string[]; files: string[]; steps?: number }
> = {
  "first_picture.ts": { args: ["a.png"], files: ["a.png"] },
  "two_references.ts": { args: [], files: ["out/two_references.png"] },
  "several_pictures.ts": {
    args: ["."],
    files: ["concat", "average", "sum"].map((way) => `several_${way}.png`),
  },
  "layout_helpers.ts": {
    args: ["."],
    files: ["row.png", "grid.png", "stack.png", "scatter.png"],
  },
  "instance_knobs.ts": {
    args: ["."],
    files: [
      "plain.png",
      "weak.png",
      "early.png",
      "reseeded.png",
      "in_front.png",
    ],
  },
  "export_onnx.ts": {
    args: ["pocket", "onnx"],
    files: ["onnx/manifest.json", "onnx/index.html", "onnx/unet.onnx"],
  },
  // the tiny goldens stand in for the public weights, which have the same layout
  "public_weights.ts": {
    args: [
      "a.png",
      golden("sd-tiny"),
      golden("ip-adapter/ip-adapter-base.safetensors"),
      golden("clip-vision-gelu"),
    ],
    files: ["a.png"],
  },
  "best_of_n.ts": { args: [".", "2"], files: ["best.png", "rolled.png"] },
  "sweep_to_coco.ts": {
    args: [".", "2"],
    files: ["images/000000.png", "images/000001.png", "instances.json"],
  },
  "train_adapter.ts": {
    args: ["adapter", "2"],
    files: ["adapter/locref.safetensors", "adapter/log.jsonl"],
  },
  "live_steps.ts": {
    args: ["."],
    files: ["step_5.png", "result.png"],
    steps: 6, // it shows the fifth
  },
};

function exampleFiles(): string[] {
  return [...Deno.readDirSync(examples)].map(({ name }) => name)
    .filter((name) => name.endsWith(".ts")).sort();
}

Deno.test("every example is run by these tests and is under 40 lines", () => {
  assertEquals(exampleFiles(), Object.keys(runs).sort());
  for (const name of exampleFiles()) {
    const text = Deno.readTextFileSync(new URL(name, examples));
    assert(text.split("\n").length <= 40, name);
  }
});

for (const [name, { args, files, ...run }] of Object.entries(runs)) {
  Deno.test(`example ${name} runs`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await checkout.setSteps(run.steps ?? steps);
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "-A",
          "--no-check",
          join(checkout.folder, "examples", name),
          ...args,
        ],
        cwd: folder,
        stdout: "piped",
        stderr: "piped",
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
      for (const file of files) {
        assert((await Deno.stat(join(folder, file))).size > 100, file);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
