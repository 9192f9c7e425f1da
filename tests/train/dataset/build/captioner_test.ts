import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Blip } from "../../../../lib/encoders/blip.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import {
  type Captioner,
  captionPictures,
  openCaptioner,
} from "../../../../train/dataset/build/captioner.ts";
import { openCoco } from "../../../../train/dataset/sources/coco.ts";
import { openDataset } from "../../../../train/dataset/read/open_dataset.ts";
import { withTempDir } from "../../temp_dir.ts";
import { build, coco, dataFile } from "../data.ts";

const tiny = fromFileUrl(
  new URL("../../../goldens/blip-tiny", import.meta.url),
);

async function captionsIn(folder: string) {
  const { lines, read } = await openDataset(folder);
  return await Promise.all(lines.map(async (_, i) => {
    const { key, caption, caption_error } = (await read(i)).sample;
    assertEquals(lines[i]!.caption, caption);
    return { key, caption, caption_error };
  }));
}

async function withTiny(
  options: { beams?: number; prompt?: string; batch?: number },
  use: (captioner: Captioner) => Promise<void>,
): Promise<void> {
  const captioner = await openCaptioner({
    model: tiny,
    backend: "onnx",
    ...options,
  });
  try {
    await use(captioner);
  } finally {
    await captioner.close();
  }
}

for (const beams of [1, 3]) {
  Deno.test(`BLIP captions every picture from the prompt on, with ${beams} beams`, async () => {
    await withTempDir(async (dir) => {
      await withTiny({ beams, prompt: "a picture of" }, async (captioner) => {
        const { report } = await build(await coco(), dir, { captioner });
        assertEquals(report!.captioned, report!.samples);
      });
      for (const { caption } of await captionsIn(dir)) {
        assertStringIncludes(caption!, "a picture of ");
      }
    });
  });
}

Deno.test("captions do not depend on the size of the batch", async () => {
  const pictures = [1, 2, 3, 4, 5].map((seed) =>
    new Uint8Array(3 * 48 * 48).map((_, i) => (i * seed * 37) % 256)
  );
  const all: unknown[] = [];
  for (const batch of [1, 2, 8]) {
    await withTiny({ batch }, async (captioner) => {
      all.push(await captioner.caption(pictures));
    });
  }
  assertEquals(all[1], all[0]);
  assertEquals(all[2], all[0]);
});

/** A captioner of 2 × 2 pictures; `generate` is given the first value of the picture. */
function fake(
  generate: (value: number) => string,
  options: { features?: (count: number) => void } = {},
): Blip {
  const words: string[] = [];
  return {
    config: { vision_config: { image_size: 2 } },
    tokenizer: { decode: ([id]: number[]) => words[id!]! },
    features: (pixels: { shape: number[]; data: Float32Array }) => {
      const count = pixels.shape[0]!;
      options.features?.(count);
      const first = Array.from(
        { length: count },
        (_, i) => pixels.data[12 * i]!,
      );
      return Promise.resolve(tensor([count, 1, 1], Float32Array.from(first)));
    },
    generate: ({ data }: { data: Float32Array }) => {
      words.push(generate(data[0]!));
      return Promise.resolve([words.length - 1]);
    },
  } as unknown as Blip;
}

const plain = {
  prompt: "",
  beams: 1,
  batch: 8,
  normalisation: { image_mean: [0, 0, 0], image_std: [1, 1, 1] },
};

/** Pictures of one value each, 0 … 255. */
function flat(...values: number[]): Uint8Array[] {
  return values.map((value) => new Uint8Array(12).fill(value));
}

Deno.test("a caption that fails once is tried again", async () => {
  let calls = 0;
  const blip = fake(() => {
    if (++calls === 1) throw new Error("Out of luck");
    return "a cat";
  });
  assertEquals(await captionPictures(blip, flat(1), plain), [
    { text: "a cat" },
  ]);
  assertEquals(calls, 2);
});

Deno.test("a caption that fails twice, or is empty, says why and spoils no other", async () => {
  const blip = fake((value) => {
    if (value === 0) throw new Error("Out of luck");
    return value === 1 ? "" : "a cat";
  });
  assertEquals(await captionPictures(blip, flat(0, 255, 51), plain), [
    { error: "Out of luck" },
    { error: "The caption is empty" },
    { text: "a cat" },
  ]);
});

Deno.test("pictures that fail as a batch are encoded one by one", async () => {
  const sizes: number[] = [];
  const blip = fake(() => "a cat", {
    features: (count) => {
      sizes.push(count);
      if (count > 1) throw new Error("Out of memory");
    },
  });
  const captions = await captionPictures(blip, flat(1, 2, 3), plain);
  assertEquals(captions, Array(3).fill({ text: "a cat" }));
  assertEquals(sizes, [3, 1, 1, 1]);
});

Deno.test("a failed caption is recorded in the sample and in the report", async () => {
  await withTempDir(async (dir) => {
    const captioner: Captioner = {
      size: 16,
      caption: (pictures) =>
        Promise.resolve(
          pictures.map((_, i) =>
            i === 0 ? { error: "Out of luck" } : { text: "a cat" }
          ),
        ),
      close: () => Promise.resolve(),
    };
    const { report } = await build(await coco(), dir, { captioner });
    const captions = await captionsIn(dir);
    const failed = captions.filter(({ caption }) => caption === null);
    assert(failed.length > 0 && failed.length < captions.length);
    assert(failed.every(({ caption_error: why }) => why === "Out of luck"));
    const told = report!.problems.filter(({ what }) =>
      what === "No caption: Out of luck"
    );
    assertEquals(told.length, failed.length);
    assertEquals(report!.captioned, captions.length - failed.length);
  });
});

Deno.test("captions are read from COCO's own file", async () => {
  await withTempDir(async (dir) => {
    const captions = join(dir, "captions.json");
    const annotations = [
      { id: 1, image_id: 30, caption: " A vase on a table. " },
      { id: 2, image_id: 30, caption: "Another sentence." },
    ];
    await Deno.writeTextFile(captions, JSON.stringify({ annotations }));
    const path = dataFile("coco/instances.json");
    const source = await openCoco(path, { captions });
    await build(source, join(dir, "out"));
    for (const { key, caption } of await captionsIn(join(dir, "out"))) {
      const expected = key === "000000000030" ? "A vase on a table." : null;
      assertEquals(caption, expected);
    }
  });
});
