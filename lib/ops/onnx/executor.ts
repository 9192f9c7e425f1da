import type * as onnxruntime from "onnxruntime-node";
import { LocRefError } from "../../core/error.ts";
import { importPackage } from "../../core/packages/import_package.ts";
import type { Executor, Program, Runner, Values } from "../executor.ts";
import { deviceError } from "./device_error.ts";
import {
  backendOf,
  deviceSettings,
  hasOwnMemory,
  isTested,
} from "./devices.ts";
import { HostInputs, inputTypes } from "./host_inputs.ts";
import { ResidentInputs, Uploads } from "./resident_inputs.ts";
import { createSession, type OnnxExecutorOptions } from "./session.ts";
import { checkHalf } from "../gpu/check_half.ts";
import { probeCuda } from "../gpu/probe_cuda.ts";
import { testedAttention } from "../gpu/tested_device.ts";
import type { Tensor } from "../../core/tensor.ts";

type Ort = typeof onnxruntime;

/**
 * The executor that writes a program down as an ONNX graph and runs it with onnxruntime as one
 * optimised session.
 *
 * @throws {LocRefError} `backend-missing` if onnxruntime or the device is missing, or if the device
 * computes wrong numbers.
 */
export async function onnxExecutor(
  options: OnnxExecutorOptions = {},
): Promise<Executor> {
  const { device = "cpu", precision } = options;
  const ort = await loadOnnxruntime();
  const backend = backendOf(device);
  if (device === "cuda") await probeCuda(ort);
  const tested = options.attention ??
    (isTested(device) ? await testedAttention(ort, device) : "fused");
  const attention = precision === "float16" && isTested(device)
    ? await checkHalf(ort, device, tested)
    : tested;
  const uploads = device === "webgpu"
    ? new Uploads(ort, deviceSettings(device))
    : undefined;
  const hostInputs = new HostInputs(ort);
  const sessions = new Set<OnnxRunner>();
  return {
    name: backend,
    ownMemory: hasOwnMemory(device),
    async compile(program, weights, { inputsComeAgain = true } = {}) {
      const session = await createSession(ort, { program, weights }, {
        ...options,
        attention,
      });
      const runner: OnnxRunner = new OnnxRunner({
        ...{ backend, program, session, hostInputs },
        onDispose: () => sessions.delete(runner),
        resident: uploads && inputsComeAgain
          ? new ResidentInputs(uploads)
          : undefined,
      });
      sessions.add(runner);
      return runner;
    },
    async dispose() {
      for (const session of sessions) await session.dispose();
      sessions.clear();
      await uploads?.dispose();
    },
  };
}

async function loadOnnxruntime(): Promise<Ort> {
  try {
    return await importPackage("onnxruntime");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message =
      `Backend "onnx" is not available (${reason}): its package onnxruntime-node could not be used`;
    throw new LocRefError("backend-missing", message, { cause });
  }
}

/** All that {@linkcode OnnxRunner} needs. */
interface OnnxRunnerFields {
  readonly backend: string;
  readonly program: Program;
  readonly session: onnxruntime.InferenceSession;
  readonly hostInputs: HostInputs;
  /** Inputs that stay on the device; absent where none do. */
  readonly resident?: ResidentInputs;
  /** Called when the session was freed. */
  readonly onDispose: () => void;
}

class OnnxRunner implements Runner {
  readonly #fields: Omit<OnnxRunnerFields, "session">;
  #session: onnxruntime.InferenceSession | undefined;
  readonly #running = new Set<Promise<unknown>>();

  constructor({ session, ...fields }: OnnxRunnerFields) {
    this.#fields = fields;
    this.#session = session;
  }

  async run(inputs: Values<Tensor>): Promise<Values<Tensor>> {
    const { program } = this.#fields;
    const session = this.#session;
    if (session === undefined) {
      throw new TypeError(`Program "${program.name}" was disposed of`);
    }
    const run = this.#runOn(session, inputs);
    this.#running.add(run);
    try {
      return await run;
    } finally {
      this.#running.delete(run);
    }
  }

  async #runOn(
    session: onnxruntime.InferenceSession,
    inputs: Values<Tensor>,
  ): Promise<Values<Tensor>> {
    const { program, backend, hostInputs, resident } = this.#fields;
    const types = inputTypes(session);
    for (const name of session.inputNames) {
      if (inputs[name] !== undefined) continue;
      throw new TypeError(
        `Program "${program.name}" lacks its input "${name}"`,
      );
    }
    resident?.beginRun();
    try {
      const feeds: Record<string, onnxruntime.Tensor> = {};
      for (const name of session.inputNames) {
        const input = inputs[name]!;
        const host = () => hostInputs.tensor(input, types.get(name)!);
        feeds[name] = await resident?.find(input, host) ?? host();
      }
      return hostTensors(await session.run(feeds));
    } catch (cause) {
      throw deviceError(cause, {
        ...{ backend, program: program.name, running: true },
      });
    }
  }

  async dispose(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    // a session that is freed under its run ends the process on some devices
    await Promise.allSettled(this.#running);
    this.#fields.resident?.dispose();
    await session?.release();
    this.#fields.onDispose();
  }
}

function hostTensors(
  results: onnxruntime.InferenceSession.OnnxValueMapType,
): Values<Tensor> {
  return Object.fromEntries(
    Object.entries(results).map(([name, { dims, data }]) => [
      name,
      { shape: dims, data: data as Float32Array },
    ]),
  );
}
