import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import type { WeightSource } from "../../../../lib/ops/executor.ts";
import {
  leftWarning,
  LoraSet,
  type ScaledLora,
} from "../../../../lib/weights/lora/apply_loras.ts";
import { openLora } from "../../../../lib/weights/lora/lora_file.ts";
import { inTempDir } from "../temp_dir.ts";
import {
  type Tensors,
  tinyText,
  tinyUnet,
  values,
  writeTensors,
} from "./tiny_base.ts";

const query = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
const out = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0";

/** Spellings of the UNet's layers: the name of a layer's factors. */
const unetSpellings: Record<
  string,
  (layer: string) => [down: string, up: string]
> = {
  "kohya, names of diffusers": (layer) =>
    pair(`lora_unet_${flat(layer)}`, ".lora_down.weight", ".lora_up.weight"),
  "kohya, original names": (layer) =>
    pair(
      `lora_unet_${flat(original(layer))}`,
      ".lora_down.weight",
      ".lora_up.weight",
    ),
  "peft": (layer) => pair(`unet.${layer}`, ".lora_A.weight", ".lora_B.weight"),
  "peft with the name of an adapter": (layer) =>
    pair(`unet.${layer}`, ".lora_A.default.weight", ".lora_B.default.weight"),
  "peft, bare": (layer) =>
    pair(`base_model.model.${layer}`, ".lora_A.weight", ".lora_B.weight"),
  "without any prefix": (layer) =>
    pair(layer, ".lora_A.weight", ".lora_B.weight"),
  "old processors": (layer) => {
    const [, block, name] = /^(.*)\.(to_[a-z]+)(\.0)?$/.exec(layer)!;
    return pair(
      `unet.${block}.processor.${name}_lora`,
      ".down.weight",
      ".up.weight",
    );
  },
  "old processors, bare": (layer) => {
    const [, block, name] = /^(.*)\.(to_[a-z]+)(\.0)?$/.exec(layer)!;
    return pair(
      `${block}.processor.${name}_lora`,
      ".down.weight",
      ".up.weight",
    );
  },
  "lora.down": (layer) =>
    pair(`unet.${layer}`, ".lora.down.weight", ".lora.up.weight"),
  "lora_linear_layer": (layer) =>
    pair(
      `unet.${layer}`,
      ".lora_linear_layer.down.weight",
      ".lora_linear_layer.up.weight",
    ),
  "an output without its 0": (layer) =>
    pair(
      `unet.${layer.replace(/\.0$/, "")}`,
      ".lora_A.weight",
      ".lora_B.weight",
    ),
  "original names with dots": (layer) =>
    pair(
      `diffusion_model.${original(layer)}`,
      ".lora_A.weight",
      ".lora_B.weight",
    ),
};

for (const [name, spell] of Object.entries(unetSpellings)) {
  Deno.test(`a LoRA changes the same weights in any spelling: ${name}`, async () => {
    await inTempDir(async (dir) => {
      const tensors: Tensors = {};
      for (const layer of [query, out]) {
        const [down, up] = spell(layer);
        tensors[down] = [[2, 4], values(8, 1)];
        tensors[up] = [[4, 2], values(8, 2)];
      }
      const set = new LoraSet([
        await opened(join(dir, "l.safetensors"), tensors),
      ]);
      const merged = set.merge("unet", tinyUnet());
      assertEquals(set.report()[0]!.left, []);
      for (const layer of [query, out]) {
        await changesBy(merged, tinyUnet(), layer, [
          values(8, 2),
          values(8, 1),
        ]);
      }
    });
  });
}

const projection = "text_model.encoder.layers.1.self_attn.q_proj";
const textSpellings: Record<string, [down: string, up: string]> = {
  "kohya": pair(
    `lora_te_${flat(projection)}`,
    ".lora_down.weight",
    ".lora_up.weight",
  ),
  "kohya, numbered": pair(
    `lora_te1_${flat(projection)}`,
    ".lora_down.weight",
    ".lora_up.weight",
  ),
  "peft": pair(
    `text_encoder.${projection}`,
    ".lora_A.weight",
    ".lora_B.weight",
  ),
  "lora_linear_layer": pair(
    `text_encoder.${projection}`,
    ".lora_linear_layer.down.weight",
    ".lora_linear_layer.up.weight",
  ),
  "without text_model, as transformers 5 names layers": pair(
    "text_encoder.encoder.layers.1.self_attn.q_proj",
    ".lora_linear_layer.down.weight",
    ".lora_linear_layer.up.weight",
  ),
  "without text_model, kohya": pair(
    "lora_te_encoder_layers_1_self_attn_q_proj",
    ".lora_down.weight",
    ".lora_up.weight",
  ),
  "the UNet's names of projections": pair(
    "text_encoder.text_model.encoder.layers.1.self_attn.to_q_lora",
    ".down.weight",
    ".up.weight",
  ),
};

for (const [name, [down, up]] of Object.entries(textSpellings)) {
  Deno.test(`a text encoder is changed in any spelling, by its own scale: ${name}`, async () => {
    await inTempDir(async (dir) => {
      const lora = await opened(join(dir, "l.safetensors"), {
        [down]: [[1, 6], values(6, 1)],
        [up]: [[6, 1], values(6, 2)],
      }, { scale: 7, textScale: 1 });
      const merged = new LoraSet([lora]).merge("text_encoder", tinyText());
      await changesBy(merged, tinyText(), projection, [
        values(6, 2),
        values(6, 1),
      ]);
    });
  });
}

Deno.test("the second text encoder is changed by its own keys, text_projection too", async () => {
  await inTempDir(async (dir) => {
    const weights = tinyText();
    const withProjection: WeightSource = {
      names: () => [...weights.names(), "text_projection.weight"],
      info: (name) =>
        weights.info(
          name === "text_projection.weight" ? `${projection}.weight` : name,
        ),
      read: (name) =>
        weights.read(
          name === "text_projection.weight" ? `${projection}.weight` : name,
        ),
    };
    const lora = await opened(join(dir, "l.safetensors"), {
      "lora_te2_text_projection.lora_down.weight": [[1, 6], values(6, 1)],
      "lora_te2_text_projection.lora_up.weight": [[6, 1], values(6, 2)],
    });
    const set = new LoraSet([lora]);
    assertEquals(set.merge("text_encoder", weights), weights);
    const merged = set.merge("text_encoder_2", withProjection);
    await changesBy(merged, withProjection, "text_projection", [
      values(6, 2),
      values(6, 1),
    ]);
  });
});

Deno.test("files add up, each by its scale, and a negative scale takes away", async () => {
  await inTempDir(async (dir) => {
    const tensors: Tensors = {
      [`unet.${query}.lora_A.weight`]: [[1, 4], values(4, 1)],
      [`unet.${query}.lora_B.weight`]: [[4, 1], values(4, 2)],
    };
    const one = await opened(join(dir, "l.safetensors"), tensors, {
      scale: 0.8,
    });
    const other = { ...one, scale: -0.8 };
    const merged = new LoraSet([one, other]).merge("unet", tinyUnet());
    const name = `${query}.weight`;
    const [now, before] = [
      await merged.read(name),
      await tinyUnet().read(name),
    ];
    for (let i = 0; i < now.length; i++) {
      assertAlmostEquals(now[i]!, before[i]!, 1e-6);
    }
    const half = new LoraSet([one, { ...one, scale: -0.3 }]).merge(
      "unet",
      tinyUnet(),
    );
    await changesBy(half, tinyUnet(), query, [
      values(4, 2).map((value) => value / 2),
      values(4, 1),
    ]);
  });
});

Deno.test("only changed weights leave their place", async () => {
  await inTempDir(async (dir) => {
    const base = tinyUnet();
    const placed: WeightSource = {
      ...base,
      info: (name) => ({ ...base.info(name)!, file: "base.safetensors" }),
    };
    const merged = new LoraSet([
      await opened(join(dir, "l.safetensors"), {
        [`unet.${query}.lora_A.weight`]: [[1, 4], values(4)],
        [`unet.${query}.lora_B.weight`]: [[4, 1], values(4)],
      }),
    ]).merge("unet", placed);
    const moved = merged.names().filter((name) =>
      merged.info(name)!.file === undefined
    );
    assertEquals(moved, [`${query}.weight`]);
    assertEquals(merged.names(), base.names());
  });
});

Deno.test("tensors that no layer takes are counted and named", async () => {
  await inTempDir(async (dir) => {
    const path = join(dir, "l.safetensors");
    const set = new LoraSet([
      await opened(path, {
        [`unet.${query}.lora_A.weight`]: [[1, 4], values(4)],
        [`unet.${query}.lora_B.weight`]: [[4, 1], values(4)],
        "lora_te2_text_projection.lora_down.weight": [[1, 6], values(6)],
        "lora_te2_text_projection.lora_up.weight": [[6, 1], values(6)],
        "note": [[1], [0]],
      }),
    ]);
    set.merge("unet", tinyUnet());
    const [report] = set.report();
    assertEquals(report!.used, 2);
    assertEquals(report!.left.length, 3);
    const warning = leftWarning(report!)!;
    assert(warning.includes("3 of 5 tensors belong to no layer"), warning);
  });
});

Deno.test("a LoRA of another base is refused by both bases", async () => {
  await inTempDir(async (dir) => {
    const lora = await opened(join(dir, "xl.safetensors"), {
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight":
        [[1, 2048], values(2048)],
      "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_up.weight":
        [[4, 1], values(4)],
    });
    assertThrows(
      () => new LoraSet([lora]).merge("unet", tinyUnet()),
      Error,
      "is made for Stable Diffusion XL, whose text has width 2048, but the base is",
    );
  });
});

Deno.test("a change of the wrong size is refused by both sizes", async () => {
  await inTempDir(async (dir) => {
    const lora = await opened(join(dir, "l.safetensors"), {
      [`unet.${query}.lora_A.weight`]: [[1, 5], values(5)],
      [`unet.${query}.lora_B.weight`]: [[4, 1], values(4)],
    });
    assertThrows(
      () => new LoraSet([lora]).merge("unet", tinyUnet()),
      Error,
      `"unet.${query}.lora_A.weight" changes a weight of 4 × 5, but "${query}.weight" of the base has 4 × 4`,
    );
  });
});

Deno.test("a file that changes nothing is refused", async () => {
  await inTempDir(async (dir) => {
    const set = new LoraSet([
      await opened(join(dir, "l.safetensors"), {
        "lora_unet_somewhere.lora_down.weight": [[1, 4], values(4)],
        "lora_unet_somewhere.lora_up.weight": [[4, 1], values(4)],
      }),
    ]);
    set.merge("unet", tinyUnet());
    assertThrows(
      () => set.report(),
      Error,
      'its first layer is "lora_unet_somewhere"',
    );
  });
});

const unmergeable: Record<string, string> = {
  "lora_unet_x.dora_scale": "is a DoRA",
  "unet.x.lora_magnitude_vector": "is a DoRA",
  "lora_unet_x.lora_mid.weight": "has Tucker decompositions",
  "lora_unet_x.hada_t1": "has Tucker decompositions",
  "lora_unet_x.lokr_t2": "has Tucker decompositions",
  "bundle_emb.word.string_to_param.*": "also holds words of its own",
  "lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight": "is made for FLUX",
  "transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight":
    "is made for FLUX",
  "transformer.transformer_blocks.0.attn.to_q.lora_A.weight":
    "is made for Stable Diffusion 3",
  "lora_unet_joint_blocks_0_x_block_attn_qkv.lora_down.weight":
    "is made for Stable Diffusion 3",
  "lora_unet_x.oft_blocks": "is an OFT",
  "lora_unet_x.on_input": "is an (IA)³",
  [`unet.${query}.lora_B.bias`]: "has biases beside its factors",
  "unet.x.lora_B.default.bias": "has biases beside its factors",
};

for (const [name, what] of Object.entries(unmergeable)) {
  Deno.test(`a file is refused by its kind: ${name}`, async () => {
    await inTempDir(async (dir) => {
      const path = await writeTensors(join(dir, "l.safetensors"), {
        [`unet.${query}.lora_A.weight`]: [[1, 4], values(4)],
        [`unet.${query}.lora_B.weight`]: [[4, 1], values(4)],
        [name]: [[1], [1]],
      });
      await assertRejects(() => openLora(path), Error, what);
    });
  });
}

function pair(name: string, down: string, up: string): [string, string] {
  return [name + down, name + up];
}

function flat(layer: string): string {
  return layer.replaceAll(".", "_");
}

function original(layer: string): string {
  return layer.replace("down_blocks.0.attentions.0", "input_blocks.1.1");
}

async function opened(
  path: string,
  tensors: Tensors,
  scales: { scale?: number; textScale?: number } = {},
): Promise<ScaledLora> {
  const { scale = 1, textScale = scale } = scales;
  return {
    file: await openLora(await writeTensors(path, tensors)),
    scale,
    textScale,
  };
}

/** Compares a merged weight with the base plus `up · down`. */
async function changesBy(
  merged: WeightSource,
  base: WeightSource,
  layer: string,
  [up, down]: [number[], number[]],
): Promise<void> {
  const name = `${layer}.weight`;
  const [rows, columns] = base.info(name)!.shape as [number, number];
  const rank = up.length / rows;
  const [now, before] = [await merged.read(name), await base.read(name)];
  for (let at = 0; at < now.length; at++) {
    let sum = before[at]!;
    for (let k = 0; k < rank; k++) {
      sum += up[Math.floor(at / columns) * rank + k]! *
        down[k * columns + at % columns]!;
    }
    assertAlmostEquals(now[at]!, sum, 1e-5);
  }
}
