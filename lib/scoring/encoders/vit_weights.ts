import type { VitConfig } from "../../encoders/vit.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import {
  type MemoryWeight,
  memoryWeights,
} from "../../weights/weight_sources.ts";

/** Settings of a `ViTModel` or `Dinov2Model`, as its file has them. */
export interface VitFileConfig extends VitConfig {
  readonly model_type: "vit" | "dinov2";
}

/** Names within one layer: CLIP's on the left. */
const layerNames: readonly (readonly [string, string, string])[] = [
  ["layer_norm1", "layernorm_before", "norm1"],
  [
    "self_attn.q_proj",
    "attention.attention.query",
    "attention.attention.query",
  ],
  ["self_attn.k_proj", "attention.attention.key", "attention.attention.key"],
  [
    "self_attn.v_proj",
    "attention.attention.value",
    "attention.attention.value",
  ],
  ["self_attn.out_proj", "attention.output.dense", "attention.output.dense"],
  ["layer_norm2", "layernorm_after", "norm2"],
  ["mlp.fc1", "intermediate.dense", "mlp.fc1"],
  ["mlp.fc2", "output.dense", "mlp.fc2"],
];

/** DINOv2's factor for each channel of a result, folded into the weights. */
const layerScales: Readonly<Record<string, string>> = {
  "self_attn.out_proj": "layer_scale1.lambda1",
  "mlp.fc2": "layer_scale2.lambda1",
};

/**
 * The weights of a file under the names that the program uses. Layer scales are multiplied in, and
 * places are resized to the size of the pictures.
 *
 * @throws {LocRefError} `checkpoint-mismatch` if one is missing.
 */
export async function vitWeights(
  source: WeightSource,
  file: VitFileConfig,
  config: VitConfig,
): Promise<WeightSource> {
  // a model with a classifier holds this one under a name
  const prefix =
    ["", "dinov2.", "vit."].find((one) =>
      source.info(`${one}embeddings.cls_token`) !== undefined
    ) ?? "";
  const weights = new Map<string, MemoryWeight>();
  for (const [name, origin, scale] of renamed(file)) {
    const weight = await readWeight(source, prefix + origin);
    if (scale !== undefined) {
      const factors = await readWeight(source, prefix + scale);
      scaleRows(weight.data, factors.data);
    }
    weights.set(name, weight);
  }
  const { data: places } = weights.get("position_embedding")!;
  weights.set("position_embedding", resizePlaces(places, file, config));
  const { data } = weights.get("class_embedding")!;
  weights.set("class_embedding", { shape: [config.hidden_size], data });
  return memoryWeights(weights);
}

/** New name, name in the file, and the name of what its rows are multiplied by. */
function renamed(
  { model_type, num_hidden_layers }: VitFileConfig,
): [string, string, string?][] {
  const kind = model_type === "dinov2" ? 2 : 1;
  const layers = Array.from({ length: num_hidden_layers }, (_, i) => i);
  return [
    ["class_embedding", "embeddings.cls_token"],
    ["position_embedding", "embeddings.position_embeddings"],
    ...["weight", "bias"].flatMap((end): [string, string, string?][] => [
      [
        `patch_embedding.${end}`,
        `embeddings.patch_embeddings.projection.${end}`,
      ],
      [`layernorm.${end}`, `layernorm.${end}`],
      ...layers.flatMap((i) =>
        layerNames.map((names): [string, string, string?] => {
          const scale = kind === 2 ? layerScales[names[0]] : undefined;
          return [
            `encoder.layers.${i}.${names[0]}.${end}`,
            `encoder.layer.${i}.${names[kind]}.${end}`,
            scale && `encoder.layer.${i}.${scale}`,
          ];
        })
      ),
    ]),
  ];
}

async function readWeight(
  source: WeightSource,
  name: string,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  const info = source.info(name);
  if (info === undefined) {
    const message = `There is no weight "${name}"`;
    throw new LocRefError("checkpoint-mismatch", message);
  }
  return { shape: info.shape, data: await source.read(name) };
}

function scaleRows(data: Float32Array, factors: Float32Array): void {
  const width = data.length / factors.length;
  for (let i = 0; i < data.length; i++) {
    data[i]! *= factors[Math.floor(i / width)]!;
  }
}

/** Place embeddings for another size of picture: the class token's, then bicubic ones (a = −0.75). */
function resizePlaces(
  places: MemoryWeight["data"],
  file: VitFileConfig,
  { image_size, patch_size, hidden_size: width }: VitConfig,
): MemoryWeight {
  const from = file.image_size / patch_size, to = image_size / patch_size;
  const shape = [to * to + 1, width];
  if (from === to) return { shape, data: places };
  const data = new Float32Array((to * to + 1) * width);
  data.set(places.subarray(0, width));
  const taps = Array.from({ length: to }, (_, i) => cubicTaps(i, from, to));
  for (let y = 0; y < to; y++) {
    for (let x = 0; x < to; x++) {
      const cell = (1 + y * to + x) * width;
      for (const [row, v] of taps[y]!) {
        for (const [column, u] of taps[x]!) {
          const origin = (1 + row * from + column) * width;
          for (let c = 0; c < width; c++) {
            data[cell + c]! += u * v * places[origin + c]!;
          }
        }
      }
    }
  }
  return { shape, data };
}

/** The four neighbours of sample `i` and their weights, as PyTorch's bicubic interpolation has them. */
function cubicTaps(i: number, from: number, to: number): [number, number][] {
  const at = (i + 0.5) * from / to - 0.5, first = Math.floor(at);
  return [-1, 0, 1, 2].map((step) => [
    Math.min(from - 1, Math.max(0, first + step)),
    cubic(Math.abs(at - first - step)),
  ]);
}

/** Keys 1981, with a = −0.75. */
function cubic(x: number): number {
  const a = -0.75;
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}
