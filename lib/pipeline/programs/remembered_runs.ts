import type { Tensor } from "../../core/tensor.ts";
import type { Runner, Values } from "../../ops/executor.ts";

/** Bytes of inputs and outputs that are kept, all runs together. */
const keptBytes = 128 * 2 ** 20;

/** A run of a program with what it computed. */
interface Remembered {
  readonly name: string;
  readonly inputs: Values<Tensor>;
  readonly outputs: Values<Tensor>;
  readonly bytes: number;
}

/**
 * The last runs of programs that run once a scene. A caption that was encoded before needs no
 * encoder, which may have been freed since.
 */
export class RememberedRuns {
  readonly #limit: number;
  /** The longest unused comes first. */
  #runs: Remembered[] = [];

  /**
   * Remembers nothing yet.
   *
   * @param limit Bytes of inputs and outputs that are kept.
   */
  constructor(limit = keptBytes) {
    this.#limit = limit;
  }

  /**
   * A runner that takes its program for inputs that are new, and else returns the same outputs.
   *
   * @param name Name of the program, other for other weights.
   */
  runner(name: string, take: () => Promise<Runner>): Runner {
    return {
      run: async (inputs) => {
        const known = this.#find(name, inputs);
        if (known !== undefined) return known.outputs;
        const outputs = await (await take()).run(inputs);
        this.#keep(name, inputs, outputs);
        return outputs;
      },
      dispose: () => Promise.resolve(), // whoever takes the program gives it back
    };
  }

  /** Forgets all runs. */
  clear(): void {
    this.#runs = [];
  }

  #find(name: string, inputs: Values<Tensor>): Remembered | undefined {
    const at = this.#runs.findIndex((one) =>
      one.name === name && areEqual(one.inputs, inputs)
    );
    if (at < 0) return undefined;
    const [found] = this.#runs.splice(at, 1);
    this.#runs.push(found!); // now the youngest
    return found;
  }

  #keep(
    name: string,
    inputs: Values<Tensor>,
    outputs: Values<Tensor>,
  ): void {
    const bytes = bytesOf(inputs) + bytesOf(outputs);
    if (bytes > this.#limit) return;
    this.#runs.push({ name, inputs, outputs, bytes });
    let sum = this.#runs.reduce((all, one) => all + one.bytes, 0);
    while (sum > this.#limit) sum -= this.#runs.shift()!.bytes;
  }
}

function bytesOf(values: Values<Tensor>): number {
  return Object.values(values).reduce(
    (sum, { data }) => sum + data.byteLength,
    0,
  );
}

function areEqual(a: Values<Tensor>, b: Values<Tensor>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) => b[name] !== undefined && isSame(a[name]!, b[name]));
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.shape.join() === b.shape.join() &&
    a.data.length === b.data.length &&
    a.data.every((value, i) => Object.is(value, b.data[i]));
}
