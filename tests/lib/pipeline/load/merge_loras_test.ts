import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { scene } from "../../../../lib/scene/begin_scene.ts";
import { LocRef } from "../../../../lib/model/locref.ts";
import { LoraSet } from "../../../../lib/weights/lora/apply_loras.ts";
import { openLora } from "../../../../lib/weights/lora/lora_file.ts";
import { openSafetensors } from "../../../../lib/weights/safetensors/safetensors.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import {
  type Tensors,
  values,
  writeTensors,
} from "../../weights/lora/tiny_base.ts";
import { inTempDir } from "../../weights/temp_dir.ts";

const base = new URL("../../../goldens/sd-tiny", import.meta.url).pathname;
const settings = { steps: 1, size: { width: 64, height: 64 } };

Deno.test("a LoRA makes the picture of the folder with merged weights, to the byte", async () => {
  await inTempDir(async (dir) => {
    const lora = await writeLora(join(dir, "style.safetensors"));
    const folder = await saveMerged(join(dir, "merged"), lora);
    const loras = [{ path: lora, scale: 0.8, textScale: -0.5 }];
    const merged = await pictureOf(base, { loras });
    const saved = await pictureOf(folder);
    const plain = await pictureOf(base);
    assertEquals(merged.data, saved.data);
    assert(merged.data.some((value, i) => value !== plain.data[i]));
  });
});

Deno.test("provenance holds a LoRA's hash and strengths, and a replay without it is warned about", async () => {
  await inTempDir(async (dir) => {
    const lora = await writeLora(join(dir, "style.safetensors"));
    const picture = await pictureOf(base, {
      loras: [{ path: lora, scale: 0.8 }],
    });
    const [entry] = picture.provenance.model.loras!;
    assertEquals([entry!.scale, entry!.textScale], [0.8, 0.8]);
    assertEquals(entry!.sha256.length, 64);
    const file = join(dir, "out.png");
    await picture.save(file, { provenance: "portable" });
    const { scene: again, options } = await scene.fromImage(file);
    await using same = await LocRef.load(base, {
      backend: "onnx",
      loras: [{ path: lora, scale: 0.8 }],
    });
    const replayed = await again.generate({ ...options, model: same });
    assertEquals(replayed.data, picture.data);
    assertEquals(replayed.warnings.filter((one) => one.includes("LoRA")), []);
    await using plain = await LocRef.load(base, { backend: "onnx" });
    const other = await again.generate({ ...options, model: plain });
    assertStringIncludes(
      other.warnings.join("\n"),
      "The picture was made with the LoRA style.safetensors at 0.8, and this model has no LoRA",
    );
  });
});

Deno.test("a model says how much of a LoRA it uses, and warns of what it leaves", async () => {
  await inTempDir(async (dir) => {
    const lora = await writeLora(join(dir, "l.safetensors"), {
      "lora_te2_text_projection.lora_down.weight": [[1, 4], values(4)],
    });
    await using model = await LocRef.load(base, { loras: [{ path: lora }] });
    assertEquals(
      model.loras,
      [{ path: lora, scale: 1, textScale: 1, used: 4, left: 1 }],
    );
    assert(model.warnings.some((one) => one.includes("1 of 5 tensors")));
  });
});

Deno.test("loras are checked before anything is opened", async () => {
  const refused: [unknown, string][] = [
    [
      "style.safetensors",
      "Option loras of LocRef.load must be a list of objects",
    ],
    [
      ["style.safetensors"],
      "must be a list of objects",
    ],
    [[{ file: "style.safetensors" }], 'is called "path" here'],
    [[{ path: "a", weight: 1 }], 'is called "scale" here'],
    [[{ path: "a", scal: 1 }], 'did you mean "scale"?'],
    [[{ path: "a", scale: Infinity }], "it must be a number from -100 to 100"],
    [[{ scale: 1 }], "got nothing"],
    [
      [{ path: "./absent.safetensors" }],
      'LoRA "./absent.safetensors" does not exist',
    ],
  ];
  for (const [loras, message] of refused) {
    const load = () => LocRef.load(base, { loras: loras as [] });
    const error = await assertRejects(load, Error);
    assertStringIncludes(error.message, message);
  }
});

const query = "down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";
const projection = "text_model_encoder_layers_0_self_attn_q_proj";

async function writeLora(path: string, more: Tensors = {}): Promise<string> {
  return await writeTensors(path, {
    [`lora_unet_${query}.lora_down.weight`]: [[2, 32], values(64, 1)],
    [`lora_unet_${query}.lora_up.weight`]: [[32, 2], values(64, 2)],
    [`lora_te_${projection}.lora_down.weight`]: [[1, 32], values(32, 3)],
    [`lora_te_${projection}.lora_up.weight`]: [[32, 1], values(32, 4)],
    ...more,
  });
}

/** The base as a folder with the LoRA's changes in its weight files. */
async function saveMerged(folder: string, lora: string): Promise<string> {
  const set = new LoraSet([
    { file: await openLora(lora), scale: 0.8, textScale: -0.5 },
  ]);
  for await (const { name } of Deno.readDir(base)) {
    if (name === "unet" || name === "text_encoder") continue;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.symlink(join(base, name), join(folder, name));
  }
  const files = {
    unet: "diffusion_pytorch_model.safetensors",
    text_encoder: "model.safetensors",
  };
  for (const [part, file] of Object.entries(files)) {
    await Deno.mkdir(join(folder, part), { recursive: true });
    await Deno.symlink(
      join(base, part, "config.json"),
      join(folder, part, "config.json"),
    );
    const weights = set.merge(
      part,
      await openSafetensors(join(base, part, file)),
    );
    const tensors = weights.names().filter((name) =>
      !name.endsWith("position_ids")
    )
      .map((name) =>
        [name, {
          shape: weights.info(name)!.shape,
          data: () => weights.read(name),
        }] as const
      );
    await writeSafetensors(join(folder, part, file), new Map(tensors));
  }
  return folder;
}

async function pictureOf(
  name: string,
  options: Parameters<typeof LocRef.load>[1] = {},
) {
  await using model = await LocRef.load(name, { backend: "onnx", ...options });
  return await scene().caption("a red apple").generate({ ...settings, model });
}
