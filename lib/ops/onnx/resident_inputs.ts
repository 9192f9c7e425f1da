import type * as onnxruntime from "onnxruntime-node";
import type { Tensor } from "../../core/tensor.ts";
import { encodeOnnx, type OnnxType } from "./proto.ts";

type Ort = typeof onnxruntime;

/** Runs after which an input that was not passed again leaves the device. */
const longestUnused = 8;

/** Values below which an input is passed anew each time. */
const fewest = 256;

/** An input on the device. */
interface Resident {
  readonly value: onnxruntime.Tensor;
  used: number;
}

/**
 * Copies host tensors to a device's memory, one small session for each type and number of axes.
 *
 * A value that lies there may only be passed to sessions of the same device: reading it
 * (`getData`) ends the process, and a session of the CPU reads other memory.
 */
export class Uploads {
  readonly #ort: Ort;
  readonly #settings: onnxruntime.InferenceSession.SessionOptions;
  readonly #sessions = new Map<
    string,
    Promise<onnxruntime.InferenceSession>
  >();

  /** Takes the settings of sessions on the device. */
  constructor(
    ort: Ort,
    settings: onnxruntime.InferenceSession.SessionOptions,
  ) {
    this.#ort = ort;
    this.#settings = settings;
  }

  /** A copy of a host tensor on the device. */
  async upload(x: onnxruntime.Tensor): Promise<onnxruntime.Tensor> {
    const session = await this.#session(x.dims.length, x.type === "float16");
    const { y } = await session.run({ x });
    return y!;
  }

  /** Frees the sessions. */
  async dispose(): Promise<void> {
    for (const session of this.#sessions.values()) {
      await (await session).release();
    }
    this.#sessions.clear();
  }

  #session(
    rank: number,
    half: boolean,
  ): Promise<onnxruntime.InferenceSession> {
    const key = `${rank} ${half}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const made = copyGraph(rank, half ? "F16" : "F32").then((graph) =>
      this.#ort.InferenceSession.create(graph, {
        ...this.#settings,
        preferredOutputLocation: { y: "gpu-buffer" },
      })
    );
    made.catch(() => this.#sessions.delete(key));
    this.#sessions.set(key, made);
    return made;
  }
}

function copyGraph(rank: number, type: OnnxType): Promise<Uint8Array> {
  const shape = Array.from({ length: rank }, (_, axis) => `axis_${axis}`);
  return encodeOnnx({
    name: "copy",
    nodes: [{
      type: "Identity",
      domain: "",
      inputs: ["x"],
      outputs: ["y"],
      attributes: {},
    }],
    initializers: [],
    inputs: [{ name: "x", type, shape }],
    outputs: [{ name: "y", type, shape }],
  });
}

/**
 * Inputs of one program that stay on the device: those that come a second time, as keys, values and
 * masks do in every step, until they stay away for several runs.
 */
export class ResidentInputs {
  readonly #uploads: Pick<Uploads, "upload">;
  readonly #seen = new WeakSet<Tensor>();
  readonly #kept = new Map<Tensor, Resident>();
  #run = 0;

  /** Begins with nothing on the device. */
  constructor(uploads: Pick<Uploads, "upload">) {
    this.#uploads = uploads;
  }

  /** How many inputs lie on the device. */
  get size(): number {
    return this.#kept.size;
  }

  /** Begins a run: what stayed away for long is freed. */
  beginRun(): void {
    this.#run++;
    for (const [input, { value, used }] of this.#kept) {
      if (this.#run - used <= longestUnused) continue;
      this.#kept.delete(input);
      value.dispose();
    }
  }

  /**
   * The value on the device in place of `input`, or `undefined` where it is to be passed as it is.
   *
   * @param host the input as it is passed from the host.
   */
  async find(
    input: Tensor,
    host: () => onnxruntime.Tensor,
  ): Promise<onnxruntime.Tensor | undefined> {
    const { data } = input;
    if (data.length < fewest || data instanceof Int32Array) return undefined;
    const known = this.#kept.get(input);
    if (known !== undefined) {
      known.used = this.#run;
      return known.value;
    }
    if (!this.#seen.has(input)) {
      this.#seen.add(input);
      return undefined;
    }
    const value = await this.#uploads.upload(host());
    const meanwhile = this.#kept.get(input);
    if (meanwhile !== undefined) { // another run of the same program was first
      value.dispose();
      meanwhile.used = this.#run;
      return meanwhile.value;
    }
    this.#kept.set(input, { value, used: this.#run });
    return value;
  }

  /** Frees what lies on the device. */
  dispose(): void {
    for (const { value } of this.#kept.values()) value.dispose();
    this.#kept.clear();
  }
}
