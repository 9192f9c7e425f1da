import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import {
  currentControlnetNames,
  openControl,
} from "../../../../lib/adapters/controls/open_control.ts";
import { controlnetPrograms } from "../../../../lib/adapters/controlnet/controlnet.ts";
import { onnxExecutor } from "../../../../lib/ops/onnx/executor.ts";
import type { WeightSource } from "../../../../lib/ops/executor.ts";
import { writeSafetensors } from "../../../../lib/weights/safetensors/write_safetensors.ts";
import { memoryWeights } from "../../../../lib/weights/weight_sources.ts";
import { randomInputs } from "../../../../bench/random_inputs.ts";
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

/** Half a UNet without attention, as in small ControlNets of SDXL. */
const small = {
  down_block_types: Array(4).fill("DownBlock2D"),
  mid_block_type: "UNetMidBlock2D",
  transformer_layers_per_block: [1, 1, 1, 1],
};

Deno.test("small ControlNets, which attend to nothing or have no blocks there, are read from folder and file", async () => {
  const variants: Record<string, unknown>[] = [
    small,
    { transformer_layers_per_block: [1, 0, 2, 3] },
  ];
  for (const changes of variants) {
    await inTempDir(async (dir) => {
      await writeControlnet(dir, { ...changes, norm_num_groups: 32 });
      const folder = await openControl(dir);
      const file = join(dir, "diffusion_pytorch_model.safetensors");
      await Deno.rename(file, join(dir, "net.safetensors"));
      const single = await openControl(join(dir, "net.safetensors"));
      assertEquals(single.weights.names(), folder.weights.names());
      if (single.kind !== "controlnet") throw new Error("No ControlNet");
      const { transformer_layers_per_block: depths } = single.config;
      assertEquals(depths, changes.transformer_layers_per_block as number[]);
    });
  }
});

Deno.test("a ControlNet's hint and outputs get the names of diffusers", () => {
  const weight = { shape: [1], data: Float32Array.of(1) };
  const names = [
    "input_blocks.0.0.weight",
    "input_hint_block.0.weight",
    "input_hint_block.2.weight",
    "input_hint_block.14.weight",
    "middle_block_out.0.weight",
    "zero_convs.11.0.bias",
  ];
  for (const prefix of ["", "control_model."]) {
    const file = memoryWeights(
      new Map(names.map((name) => [prefix + name, weight])),
    );
    assertEquals(currentControlnetNames(file).names().toSorted(), [
      "controlnet_cond_embedding.blocks.0.weight",
      "controlnet_cond_embedding.conv_in.weight",
      "controlnet_cond_embedding.conv_out.weight",
      "controlnet_down_blocks.11.bias",
      "controlnet_mid_block.weight",
      "conv_in.weight",
    ]);
  }
});

/** A resnet's parts in diffusers and in the original code. */
const resnetParts: Readonly<Record<string, string>> = {
  ...{ norm1: "in_layers.0", conv1: "in_layers.2" },
  ...{ time_emb_proj: "emb_layers.1", norm2: "out_layers.0" },
  ...{ conv2: "out_layers.3", conv_shortcut: "skip_connection" },
};

/** The original code's name of a weight of a ControlNet of two resnets a level. */
function originalName(name: string, hints: number): string {
  const resnet = (rest: string) =>
    rest.replace(/^\w+/, (part) => resnetParts[part]!);
  return `control_model.${
    name
      .replace(/^conv_in\./, "input_blocks.0.0.")
      .replace(
        /^(time|add)_embedding\.linear_(\d)/,
        (_, kind, i) =>
          `${kind === "time" ? "time_embed." : "label_emb.0."}${2 * (i - 1)}`,
      )
      .replace(
        /^down_blocks\.(\d)\.resnets\.(\d)\.(.*)/,
        (_, i, j, rest) => `input_blocks.${1 + 3 * +i + +j}.0.${resnet(rest)}`,
      )
      .replace(
        /^down_blocks\.(\d)\.attentions\.(\d)\./,
        (_, i, j) => `input_blocks.${1 + 3 * +i + +j}.1.`,
      )
      .replace(
        /^down_blocks\.(\d)\.downsamplers\.0\.conv/,
        (_, i) => `input_blocks.${3 * (+i + 1)}.0.op`,
      )
      .replace(
        /^mid_block\.resnets\.(\d)\.(.*)/,
        (_, j, rest) => `middle_block.${2 * j}.${resnet(rest)}`,
      )
      .replace("mid_block.attentions.0.", "middle_block.1.")
      .replace("controlnet_mid_block.", "middle_block_out.0.")
      .replace(
        /^controlnet_down_blocks\.(\d+)\./,
        (_, i) => `zero_convs.${i}.0.`,
      )
      .replace("controlnet_cond_embedding.conv_in.", "input_hint_block.0.")
      .replace(
        /controlnet_cond_embedding\.blocks\.(\d)\./,
        (_, i) => `input_hint_block.${2 * (+i + 1)}.`,
      )
      .replace(
        "controlnet_cond_embedding.conv_out.",
        `input_hint_block.${2 * (hints + 1)}.`,
      )
  }`;
}

async function residualsOf(path: string, like: string): Promise<number[][]> {
  const { kind, ...net } = await openControl(like);
  if (kind !== "controlnet" || !("conditioning_channels" in net.config)) {
    throw new TypeError("No ControlNet");
  }
  const { config } = net;
  const { weights } = await openControl(path, { config });
  const size = { height: 8, width: 8 };
  const program = controlnetPrograms(config, size).residuals();
  const executor = await onnxExecutor();
  const runner = await executor.compile(program, weights);
  const dims = { batch: 1, hints: 1, text_tokens: 5 };
  const results = await runner.run(randomInputs(program, dims));
  await executor.dispose();
  return Object.values(results).map(({ data }) => [...data]);
}

async function renamed(weights: WeightSource, hints: number) {
  const all = await Promise.all(
    weights.names().map(async (name) =>
      [originalName(name, hints), {
        shape: weights.info(name)!.shape,
        data: await weights.read(name),
      }] as const
    ),
  );
  return new Map(all);
}

Deno.test("mid ControlNets of SDXL compute the same under the names of diffusers and of the original code", async () => {
  for (const depths of [[1, 1, 1], [1, 0, 2]]) {
    await inTempDir(async (dir) => {
      const folder = await writeControlnet(dir, {
        block_out_channels: [32, 64, 64],
        down_block_types: [
          "DownBlock2D",
          ...["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        ],
        transformer_layers_per_block: depths,
        use_linear_projection: true,
        ...{ addition_embed_type: "text_time", addition_time_embed_dim: 8 },
        projection_class_embeddings_input_dim: 80,
      });
      const { weights } = await openControl(folder);
      const blocks = new Set(
        weights.names().flatMap((name) =>
          /cond_embedding\.blocks\.(\d)/.exec(name)?.[1] ?? []
        ),
      );
      const file = join(dir, "original.safetensors");
      await writeSafetensors(file, await renamed(weights, blocks.size));
      const expected = await residualsOf(folder, folder);
      assertEquals(expected.length, 10);
      assertEquals(await residualsOf(file, folder), expected);
    });
  }
});
