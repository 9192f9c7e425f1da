import type * as onnxruntime from "onnxruntime-node";
import { join } from "node:path";
import process from "node:process";
import { LocRefError } from "../../core/error.ts";
import { cacheFolder } from "../../core/files/cache_folder.ts";
import { sha256 } from "../../core/files/hash.ts";
import { shorten } from "../../core/quote.ts";
import type { AttentionForm } from "../onnx/attention.ts";
import { backendOf, type TestedDevice } from "../onnx/devices.ts";
import { adapterNames, type GpuTraces, gpuTraces } from "./gpu_traces.ts";
import {
  recallTest,
  rememberBegin,
  type RememberedTest,
  rememberFound,
} from "./test_memory.ts";
import {
  isSlow,
  leastSpeed,
  missingProvider,
  type SelfTest,
  selfTest,
  type SelfTestOptions,
} from "./self_test.ts";

type Ort = typeof onnxruntime;

/** Folder, traces and test of {@linkcode testedAttention} and {@linkcode refusedByAuto}. */
export interface TestedDeviceOptions {
  /** Folder of remembered tests. @default {`gpu` in the cache folder} */
  readonly folder?: string;
  /** Traces of the machine's GPUs. @default {looked for} */
  readonly traces?: GpuTraces;
  /** The test. @default {the self-test} */
  readonly test?: (
    ort: Ort,
    device: TestedDevice,
    options: SelfTestOptions,
  ) => Promise<SelfTest>;
}

/**
 * How attention is right on a device, by a test that is remembered for the adapter and its driver.
 *
 * @throws {LocRefError} `backend-missing` if the device is missing or computes wrong numbers.
 */
export async function testedAttention(
  ort: Ort,
  device: TestedDevice,
  options: TestedDeviceOptions = {},
): Promise<AttentionForm> {
  const absent = missingProvider(ort, device);
  if (absent !== undefined) throw missing(device, absent);
  const file = await testFile(ort, device, options);
  const known = await recallTest(file);
  if (known && "found" in known) {
    const { failure, attention, product } = known.found;
    if (failure === undefined && attention !== undefined) return attention;
    // a device that did not begin may by now: packages that it lacked do not show in its driver
    if (failure !== undefined && product !== undefined) {
      throw missing(device, `${failure}${remembered(known, file)}`);
    }
  }
  const { test = selfTest } = options;
  await rememberBegin(file);
  const found = await test(ort, device, {});
  await rememberFound(file, found);
  if (found.failure === undefined) return found.attention!;
  throw missing(device, found.failure, remedy(device, found.failure));
}

/** Advice where a driver shows no adapter. */
function remedy(device: TestedDevice, failure: string): string {
  if (device !== "webgpu" || !/adapter/i.test(failure)) return "";
  return process.platform === "linux"
    ? ": install the GPU's driver with its Vulkan, and where they are missing libvulkan1, libegl1, libgl1 and libxext6"
    : ": install the GPU's driver";
}

/**
 * Why `auto` does not take a device, or `undefined` where it does: the machine shows no GPU, the
 * device failed its test, or is not faster than the CPU. The test is run once and remembered.
 */
export async function refusedByAuto(
  loadOrt: () => Promise<Ort>,
  device: TestedDevice,
  options: TestedDeviceOptions = {},
): Promise<LocRefError | undefined> {
  const { traces = gpuTraces(), test = selfTest } = options;
  if (traces.missing !== undefined) return missing(device, traces.missing);
  const ort = await loadOrt();
  const absent = missingProvider(ort, device);
  if (absent !== undefined) return missing(device, absent);
  const file = await testFile(ort, device, { ...options, traces });
  const known = await recallTest(file);
  let found: SelfTest;
  if (known === undefined) {
    if (!await rememberBegin(file)) {
      const reason = `its test cannot be remembered in "${file}"`;
      return missing(device, reason);
    }
    found = await test(ort, device, { slowToo: false });
    await rememberFound(file, found);
  } else if ("found" in known) {
    found = known.found;
  } else {
    return missing(
      device,
      known.state === "ended"
        ? `its test ended the process${remembered(known, file)}`
        : "another process tests it now",
    );
  }
  const reason = reasonAgainst(found);
  if (reason === undefined) return undefined;
  return missing(device, `${reason}${remembered(known, file)}`);
}

/** Why `auto` does not take a device of these findings, as a clause. */
function reasonAgainst(found: SelfTest): string | undefined {
  if (found.failure !== undefined) return found.failure;
  const ms = (value: number) =>
    value < 10 ? value.toPrecision(2) : value.toFixed(0);
  if (found.software) {
    const { side, ms: took } = found.product!;
    return `it computes on the processor: a product of ${side} × ${side} matrices took ${
      ms(took)
    } ms`;
  }
  if (!isSlow(found)) return undefined;
  const { device, cpu } = found.speed!;
  return `it is not ${leastSpeed} times faster than the CPU: products took ${
    ms(device)
  } ms there, ${ms(cpu)} ms on the CPU`;
}

function missing(
  device: TestedDevice,
  reason: string,
  remedy = "",
): LocRefError {
  return new LocRefError(
    "backend-missing",
    `Backend "${backendOf(device)}" is not available (${
      shorten(reason, 400)
    })${remedy}`,
  );
}

function remembered(known: RememberedTest | undefined, file: string): string {
  return known === undefined
    ? ""
    : `; remembered in "${file}", remove it to test again`;
}

async function testFile(
  ort: Ort,
  device: TestedDevice,
  { folder = join(cacheFolder(), "gpu"), traces = gpuTraces() }:
    TestedDeviceOptions,
): Promise<string> {
  const parts = [
    device,
    ort.env.versions.node ?? "",
    ...traces.identity,
    // a driver's files, which Linux shows, say more, and at once
    ...traces.identity.includes("linux") ? [] : await adapterNames(),
  ];
  return join(
    folder,
    `${device}-${sha256(parts.join("\n")).slice(0, 16)}.json`,
  );
}
