import type { WeightInfo, WeightSource } from "../../executor.ts";
import type { GraphBuilder, OnnxValue } from "../graph.ts";
import type { OnnxInitializer, OnnxNode } from "../proto.ts";

/** Element types that graphs read from weight files as they are. */
const readable = new Set(["F32", "F16", "BF16"]);

/** Weights of a graph that stay where they lie: in their files if those can be read as they are. */
export class WeightReferences {
  /** Weight files that the graph refers to, by the name it uses for each. */
  readonly files: Map<string, string> = new Map();
  readonly #builder: GraphBuilder;
  readonly #weights: WeightSource;
  readonly #known = new Map<string, OnnxValue>();
  readonly #embedded: string[] = [];

  /** Refers to `weights` from the graph that `builder` writes. */
  constructor(builder: GraphBuilder, weights: WeightSource) {
    this.#builder = builder;
    this.#weights = weights;
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
    const { initializers } = this.#builder;
    if (type === "F32") {
      initializers.push({ name, type, shape, external });
      return { name, shape };
    }
    const stored = `${name}.${type}`;
    initializers.push({ name: stored, type, shape, external });
    return this.#builder.node("Cast", [{ name: stored, shape }], shape, {
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
    const all = this.#builder.initializers.filter(({ name }) => used.has(name));
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
