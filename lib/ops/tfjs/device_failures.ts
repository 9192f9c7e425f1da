/** Failures of WebGPU's device, which come as events beside the calls that caused them. */

import { LocRefError } from "../../core/error.ts";
import { quote } from "../../core/quote.ts";

/** The backend of WebGPU, as far as its failures show there. */
export interface WatchedBackend {
  readonly device: EventTarget & {
    readonly lost: Promise<{ readonly message?: string }>;
  };
  /** Reads a value on the host; every result of a program is read. */
  read(id: object): Promise<unknown>;
}

/**
 * Makes a failure of the device an error of the next read. WebGPU drops work that breaks a limit
 * without an exception, and its results would be wrong numbers. A lost device fails every read.
 */
export function failReads(backend: WatchedBackend): void {
  const read = backend.read.bind(backend);
  let lost: LocRefError | undefined, broken: LocRefError | undefined;
  const ends = backend.device.lost.then(() => {
    lost = new LocRefError(
      "backend-failed",
      'Backend "webgpu" lost its device: start the process again, or use backend "onnx"',
    );
  });
  backend.device.addEventListener("uncapturederror", (event) => {
    const { error } = event as unknown as { error: Error };
    event.preventDefault();
    broken ??= new LocRefError(
      "backend-failed",
      `Backend "webgpu" dropped work (${
        quote(error.message)
      }): make a smaller picture or batch, or use backend "onnx"`,
      { cause: error },
    );
  });
  const failure = () => {
    const found = lost ?? broken;
    broken = undefined;
    return found;
  };
  backend.read = async (id) => {
    try {
      const values = await read(id);
      const found = failure();
      if (found !== undefined) throw found;
      return values;
    } catch (cause) {
      if (cause instanceof LocRefError) throw cause;
      // a lost device shows a turn later than the read that it fails
      const turn = new Promise((resolve) => setTimeout(resolve));
      await Promise.race([ends, turn]);
      throw failure() ?? cause;
    }
  };
}
