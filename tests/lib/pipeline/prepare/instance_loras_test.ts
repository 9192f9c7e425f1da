import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { loadedModel, LocRef } from "../../../../lib/model/locref.ts";
import { openInstanceLoras } from "../../../../lib/pipeline/prepare/instance_loras.ts";
import { preparingModel } from "../../../../lib/pipeline/prepare/preparing_model.ts";
import { prepareText } from "../../../../lib/pipeline/prepare/prepare_text.ts";
import { box } from "../../../../lib/scene_data/box.ts";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import type { Scene } from "../../../../lib/scene/scene.ts";
import {
  type Tensors,
  values,
  writeTensors,
} from "../../weights/lora/tiny_base.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const star =
  new URL("../../../../examples/assets/star.png", import.meta.url).pathname;
const key = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";
const projection = "text_model.encoder.layers.0.self_attn.q_proj";

Deno.test("an instance's caption is read by its own LoRA, and every other text by the model", async () => {
  await inTempDir(async (dir) => {
    const path = await writeLora(dir);
    await using plain = await LocRef.load("pocket", { backend: "onnx" });
    await using whole = await LocRef.load("pocket", {
      backend: "onnx",
      loras: [{ path, scale: 0.8 }],
    });
    const own = await keyValuesOf(plain, twoStars({ path, scale: 0.8 }));
    const base = await keyValuesOf(plain, twoStars());
    const all = await keyValuesOf(whole, twoStars());
    // the scene's caption, then those of the instances
    for (const [row, expected] of [[0, base], [1, base], [2, all]] as const) {
      for (const [i, { k, v }] of own.entries()) {
        assertEquals(groupOf(k, row), groupOf(expected[i]!.k, row));
        assertEquals(groupOf(v, row), groupOf(expected[i]!.v, row));
      }
    }
    const differs = groupOf(all[0]!.k, 2).some((value, i) =>
      value !== groupOf(base[0]!.k, 2)[i]
    );
    assert(differs);
  });
});

Deno.test("a picture with an instance's LoRA differs, and one of strength 0 does not", async () => {
  await inTempDir(async (dir) => {
    const path = await writeLora(dir);
    await using model = await LocRef.load("pocket", { backend: "onnx" });
    const options = { model, steps: 1, seed: 3 };
    const plain = await twoStars().generate(options);
    const nothing = await twoStars({ path, scale: 0 }).generate(options);
    const styled = await twoStars({ path, scale: 4 }).generate(options);
    assertEquals(nothing.data, plain.data);
    assert(styled.data.some((value, i) => value !== plain.data[i]));
    const [, second] = styled.provenance.otherFiles!;
    assertEquals(second!.lora!.length, 64);
    assertEquals(styled.provenance.scene.instances[1]!.lora, {
      path,
      scale: 4,
      textScale: 4,
    });
    const file = join(dir, "out.png");
    await styled.save(file, { provenance: "portable" });
    const { scene: again, options: saved } = await scene.fromImage(file, {
      root: false,
    });
    const replayed = await again.generate({ ...saved, model });
    assertEquals(replayed.data, styled.data);
  });
});

Deno.test("a LoRA of an instance is checked where it comes in", () => {
  const place = (options: object) =>
    scene(64, 64).place(star, box.xyxy(0, 0, 32, 32), options);
  assertThrows(
    () => place({ lora: "a.safetensors" }),
    Error,
    "so it needs a caption",
  );
  const caption = "a star";
  for (
    const lora of [1, {}, { path: 1 }, { path: "a", weight: 1 }, {
      path: "a",
      scale: "1",
    }]
  ) {
    assertThrows(
      () => place({ caption, lora }),
      Error,
      "{ path, scale, textScale }",
    );
  }
  assertThrows(
    () => place({ caption, lora: { path: "a", scale: 1e9 } }),
    Error,
    "scale of lora must be from -100 to 100, got 1000000000",
  );
  const [instance] = place({ caption, lora: "a.safetensors" }).instances;
  assertEquals(instance!.lora, {
    path: "a.safetensors",
    scale: 1,
    textScale: 1,
  });
});

Deno.test("a scene from a file reads a LoRA beside it, and none elsewhere or on the hub", async () => {
  await inTempDir(async (dir) => {
    const path = await writeLora(dir);
    await Deno.mkdir(join(dir, "scenes"));
    await Deno.copyFile(path, join(dir, "scenes", "style.safetensors"));
    await using model = await LocRef.load("pocket", { backend: "onnx" });
    const { parts } = loadedModel(model);
    const open = (lora: string) => {
      const data = twoStars({ path: lora }).toJSON();
      const folder = join(dir, "scenes");
      return openInstanceLoras(data, parts, {
        folder,
        access: { roots: [folder] },
      });
    };
    assertEquals([...(await open("style.safetensors")).keys()], [1]);
    await assertRejects(
      () => open("../style.safetensors"),
      Error,
      'lora "../style.safetensors" lies outside',
    );
    await assertRejects(
      () => open("me/style/x.safetensors"),
      Error,
      'lora "me/style/x.safetensors" is on the hub',
    );
    await assertRejects(
      () => open("absent.safetensors"),
      Error,
      'lora "absent.safetensors": no such file',
    );
  });
});

Deno.test("a LoRA that does not change how text is read cannot act for one instance", async () => {
  await inTempDir(async (dir) => {
    await using model = await LocRef.load("pocket", { backend: "onnx" });
    const { parts } = loadedModel(model);
    const query = key.replace("attn2.to_k", "attn1.to_q");
    const size = await sizeOf(model, query);
    const path = await writeTensors(
      join(dir, "l.safetensors"),
      factors(`unet.${query}`, size),
    );
    const error = await assertRejects(
      () => openInstanceLoras(twoStars({ path }).toJSON(), parts),
      Error,
    );
    assertStringIncludes(error.message, "Instance 2");
    assertStringIncludes(
      error.message,
      "changes neither a text encoder nor keys and values of text",
    );
  });
});

function twoStars(lora?: { path: string; scale?: number }): Scene {
  return scene().caption("stars")
    .place(star, box.fraction(0, 0, 0.5, 1), { caption: "a red star" })
    .place(star, box.fraction(0.5, 0, 1, 1), { caption: "a blue star", lora });
}

async function keyValuesOf(model: LocRef, made: Scene) {
  const loaded = loadedModel(model);
  const data = made.toJSON();
  await using runners = loaded.runners.open();
  const loras = await openInstanceLoras(data, loaded.parts);
  const text = await prepareText(
    preparingModel(loaded, runners, runners),
    data,
    {
      guided: false,
      conditions: {},
      loras,
    },
  );
  return await text.keyValues({ adapters: [], captions: true }, []);
}

/** One text of grouped keys `[1, texts, tokens, width]`. */
function groupOf(
  { shape, data }: { shape: readonly number[]; data: ArrayLike<number> },
  row: number,
): number[] {
  const length = shape[2]! * shape[3]!;
  return Array.from(data).slice(row * length, (row + 1) * length);
}

async function writeLora(dir: string): Promise<string> {
  await using model = await LocRef.load("pocket", { backend: "onnx" });
  return await writeTensors(join(dir, "style.safetensors"), {
    ...factors(`unet.${key}`, await sizeOf(model, key)),
    ...factors(`text_encoder.${projection}`, await sizeOf(model, projection)),
  });
}

function sizeOf(model: LocRef, layer: string): Promise<[number, number]> {
  for (const { weights } of loadedModel(model).parts.base.parts) {
    const shape = weights.info(`${layer}.weight`)?.shape;
    if (shape !== undefined) {
      return Promise.resolve(shape as unknown as [number, number]);
    }
  }
  throw new RangeError(layer);
}

function factors(layer: string, [rows, columns]: [number, number]): Tensors {
  return {
    [`${layer}.lora_A.weight`]: [[1, columns], values(columns, 1)],
    [`${layer}.lora_B.weight`]: [[rows, 1], values(rows, 2)],
  };
}
