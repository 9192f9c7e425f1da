import { sizeOf } from "../../../core/tensor.ts";
import { listLossWeights } from "../../list_weights.ts";
import type { LossProgram } from "../../loss_program.ts";
import type { WeightInfo, WeightSource } from "../../executor.ts";
import { GraphBuilder, type OnnxValue } from "../graph.ts";
import type { OnnxInitializer, OnnxNode } from "../proto.ts";

/** Element types that graphs read from weight files as they are. */
const readable = new Set(["F32", "F16", "BF16"]);

/** Bytes that the frozen weights of files take in float32. */
export function bytesInFiles(
  program: LossProgram,
  { frozen, trained }: {
    readonly frozen: WeightSource;
    readonly trained: ReadonlyMap<string, unknown>;
  },
): number {
  return [...listLossWeights(program)]
    .filter(([name]) => !trained.has(name) && frozen.info(name)?.file)
    .reduce((bytes, [, shape]) => bytes + 4 * sizeOf(shape), 0);
}

/** How {@linkcode WeightReferences} treats weights. */
export interface WeightReferenceOptions {
  /**
   * Whether weights of half precision stay so in memory: each node that reads one widens it for
   * itself, so that nothing wide is kept from the way forward to the way back. @default {false}
   */
  readonly hold?: boolean;
}

/** Weights of a graph that stay where they lie: in their files if those can be read as they are. */
export class WeightReferences {
  /** The graph that refers to them. */
  readonly builder: GraphBuilder;
  /** Weight files that the graph refers to, by the name it uses for each. */
  readonly files: Map<string, string> = new Map();
  readonly #weights: WeightSource;
  readonly #hold: boolean;
  readonly #known = new Map<string, OnnxValue>();
  /** Weights of half precision that stay so, by name. */
  readonly #held = new Map<string, OnnxInitializer>();
  readonly #embedded: string[] = [];

  /** Begins a graph that refers to `weights`. */
  constructor(
    weights: WeightSource,
    { hold = false }: WeightReferenceOptions = {},
  ) {
    this.builder = new GraphBuilder({ asRead: (value) => this.#widen(value) });
    this.#weights = weights;
    this.#hold = hold;
  }

  /**
   * The weight `name`.
   *
   * @throws {TypeError} if there is none.
   */
  get(name: string): OnnxValue {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const info = this.#weights.info(name);
    if (info === undefined) throw new TypeError(`Weight "${name}" is missing`);
    const value = { ...this.#place(name, info), weight: name };
    this.#known.set(name, value);
    return value;
  }

  #place(name: string, info: WeightInfo): OnnxValue {
    const { file, dtype, shape, offset, length } = info;
    if (file === undefined || !readable.has(dtype)) {
      this.#embedded.push(name);
      return { name, shape };
    }
    const type = dtype as "F32" | "F16" | "BF16";
    const external = { file: this.#linkTo(file), offset, length };
    if (type === "F32") {
      this.builder.initializers.push({ name, type, shape, external });
      return { name, shape };
    }
    const stored = { name: `${name}.${type}`, type, shape, external };
    if (this.#hold) {
      this.#held.set(name, stored);
      return { name, shape };
    }
    this.builder.initializers.push(stored);
    return this.#cast(stored);
  }

  /**
   * A held weight by a new name, since onnxruntime joins equal nodes; an input, since it casts
   * constants once.
   */
  #widen(value: OnnxValue): OnnxValue {
    const stored = this.#held.get(value.name);
    if (stored === undefined) return value;
    const { initializers } = this.builder;
    const again = { ...stored, name: `${stored.name}.${initializers.length}` };
    initializers.push(again);
    this.builder.unfold(again);
    return this.#cast(again);
  }

  #cast({ name, shape }: OnnxInitializer): OnnxValue {
    return this.builder.node("Cast", [{ name, shape }], shape, {
      attributes: { to: { int: 1 } },
    });
  }

  #linkTo(file: string): string {
    const link = [...this.files].find(([, path]) => path === file)?.[0] ??
      `weights_${this.files.size}.safetensors`;
    this.files.set(link, file);
    return link;
  }

  /** All constants that `nodes` use; weights that lie in no file are read. */
  async initializers(nodes: readonly OnnxNode[]): Promise<OnnxInitializer[]> {
    const used = new Set(nodes.flatMap((node) => node.inputs));
    const all = this.builder.initializers.filter(({ name }) => used.has(name));
    for (const name of this.#embedded.filter((name) => used.has(name))) {
      const { shape } = this.#weights.info(name)!;
      const data = await this.#weights.read(name);
      const bytes = new Uint8Array(
        data.buffer,
        data.byteOffset,
        data.byteLength,
      );
      all.push({ name, type: "F32", shape, bytes });
    }
    return all;
  }
}
