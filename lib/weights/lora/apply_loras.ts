import { quote, shorten } from "../../core/quote.ts";
import { quotePath } from "../../core/machine/system_error.ts";
import { LocRefError } from "../../core/error.ts";
import type { WeightSource } from "../../ops/executor.ts";
import { sizeOf } from "../../core/tensor.ts";
import { baseOf } from "../identify/weight_identity.ts";
import { differenceSize, kindOf } from "./difference.ts";
import { differenceKinds } from "./difference_kinds.ts";
import type { Difference, LayerTensors } from "./difference_kind.ts";
import { isLoraPart, type LoraPart, spelledLayers } from "./layer_names.ts";
import type { LoraFile } from "./lora_file.ts";
import { mergedWeights } from "./merge_weights.ts";

/** A LoRA file with its strengths. */
export interface ScaledLora {
  readonly file: LoraFile;
  /** Factor of all changes to the denoiser; may be negative. */
  readonly scale: number;
  /** Factor of all changes to text encoders. */
  readonly textScale: number;
}

/** Counts of one LoRA file. */
export interface LoraReport {
  readonly path: string;
  /** Tensors that changed the model. */
  readonly used: number;
  /** Names of tensors that no layer of the model takes. */
  readonly left: readonly string[];
}

/** LoRA files that are merged into a model while its parts open. */
export class LoraSet {
  readonly #loras: readonly ScaledLora[];
  readonly #used = new Map<LoraFile, Set<string>>();

  /** Takes open files, which are added in this order. */
  constructor(loras: readonly ScaledLora[]) {
    this.#loras = loras;
    for (const { file } of loras) this.#used.set(file, new Set());
  }

  /**
   * The weights of a part with the changes of all files.
   *
   * @param part Name of the part's folder in diffusers' layout.
   * @throws {LocRefError} `checkpoint-mismatch` if a change does not fit its layer.
   */
  merge(part: string, weights: WeightSource): WeightSource {
    if (!isLoraPart(part) || this.#loras.length === 0) return weights;
    const spelled = spelledLayers(part, weights);
    const changes = new Map<string, Difference[]>();
    for (const lora of this.#loras) {
      const used = this.#used.get(lora.file)!;
      if (part === "unet") checkBase(lora.file, weights);
      for (const [name, tensors] of lora.file.layers) {
        const layer = spelled.get(name);
        if (layer === undefined) continue;
        const found = differences(lora, { part, layer, tensors });
        for (const [weight, one] of found) {
          const shape = weights.info(weight)?.shape;
          if (shape === undefined) continue;
          checkFit(one, { weight, shape });
          changes.set(weight, [...changes.get(weight) ?? [], one]);
          for (const tensor of tensorsOf(one)) used.add(tensor);
        }
      }
    }
    return mergedWeights(weights, changes);
  }

  /**
   * The counts of each file, after all parts were opened.
   *
   * @throws {LocRefError} `checkpoint-mismatch` if a file changes nothing.
   */
  report(): LoraReport[] {
    return this.#loras.map(({ file }) => {
      const used = this.#used.get(file)!;
      const left = file.source.names().filter((name) => !used.has(name));
      if (used.size === 0) throw changesNothing(file);
      return { path: file.path, used: used.size, left };
    });
  }
}

/** A sentence about what a file's model does not take; `undefined` where it takes everything. */
export function leftWarning(
  { path, used, left }: LoraReport,
): string | undefined {
  if (left.length === 0) return undefined;
  const names = shorten(
    left.slice(0, 3).map((one) => quote(one)).join(", "),
    300,
  );
  return `LoRA ${quotePath(path)}: ${left.length} of ${
    used + left.length
  } tensors belong to no layer of this model and are left out, such as ${names}`;
}

/** The tensors that a difference reads. */
function tensorsOf({ tensors, kind }: Difference): string[] {
  return [...tensors].flatMap(([role, name]) =>
    (kind === "bias") === (role === "diff_b") ? [name] : []
  );
}

/** Differences of a layer's weight and bias. */
function differences(
  lora: ScaledLora,
  at: { part: LoraPart; layer: string; tensors: LayerTensors },
): [weight: string, one: Difference][] {
  const { file } = lora;
  const { part, layer, tensors } = at;
  const kind = kindOf(tensors, file.path);
  const common = {
    file: file.path,
    source: file.source,
    tensors,
    scale: part === "unet" ? lora.scale : lora.textScale,
    headerFactor: (rank: number) => file.alpha.factor(part, layer, rank),
  };
  const found: [string, Difference][] = [];
  if (kind !== undefined) {
    found.push([`${layer}.weight`, { ...common, kind }]);
  }
  if (tensors.has("diff_b")) {
    found.push([`${layer}.bias`, { ...common, kind: "bias" }]);
  }
  return found;
}

function checkFit(
  one: Difference,
  { weight, shape }: { weight: string; shape: readonly number[] },
): void {
  const size = differenceSize(one);
  const rows = one.kind === "bias" ? 1 : shape[0] ?? 1;
  const columns = sizeOf(shape) / rows;
  if (size?.[0] === rows && size[1] === columns) return;
  const first = tensorsOf(one).find((name) => !name.endsWith(".alpha"));
  throw new LocRefError(
    "checkpoint-mismatch",
    `LoRA ${quotePath(one.file)} does not fit: ${quote(first)} ${
      size === undefined
        ? "and the tensors beside it do not fit one another"
        : `changes a weight of ${size.join(" × ")}, but ${
          quote(weight)
        } of the base has ${rows} × ${columns}`
    }`,
  );
}

/** Refuses a file for text of another width, before a single layer is blamed. */
function checkBase(file: LoraFile, unet: WeightSource): void {
  const read = unet.names().find((name) => /\.attn2\.to_k\.weight$/.test(name));
  const wanted = read === undefined ? undefined : unet.info(read)?.shape[1];
  const given = textWidth(file);
  if (given === undefined || wanted === undefined || given === wanted) return;
  throw new LocRefError(
    "checkpoint-mismatch",
    `LoRA ${quotePath(file.path)} is made for ${
      baseOf(given)
    }, whose text has width ${given}, but the base is ${
      baseOf(wanted)
    }, whose text has width ${wanted}`,
  );
}

/** The width of the text that a file's cross-attention reads. */
function textWidth({ layers, source }: LoraFile): number | undefined {
  for (const [layer, tensors] of layers) {
    if (!/attn2[._]to_[kv]$/.test(layer)) continue;
    const [down] = differenceKinds.flatMap(({ reads = "" }) =>
      tensors.get(reads) ?? []
    );
    if (down !== undefined) return source.info(down)!.shape[1];
  }
  return undefined;
}

function changesNothing(file: LoraFile): LocRefError {
  const [first] = file.layers.keys();
  return new LocRefError(
    "checkpoint-mismatch",
    `LoRA ${
      quotePath(file.path)
    } changes no layer of this model, so it is made for another base: its first layer is ${
      quote(first)
    }`,
  );
}
