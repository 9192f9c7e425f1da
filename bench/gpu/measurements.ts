import { availableParallelism } from "node:os";
import type { BackendName } from "../../lib/ops/backends.ts";
import type { Contender } from "../contender.ts";
import { trainingBackends } from "../../train/loop/training_config.ts";
import { contenders } from "../contenders.ts";
import type { ReportOptions } from "../report.ts";

/** One line of the GPU report's table. */
export interface Measurement {
  readonly what: string;
  readonly backend: string;
  readonly precision: string;
  /** The program that is measured; absent for golden cases. */
  readonly contender?: Contender;
  /** Golden cases by the beginning of their names. */
  readonly cases?: readonly string[];
}

const precisions = ["float32", "float16"] as const;

/** A program of a model that is measured on every backend. */
interface Part {
  readonly what: string;
  /** Options of `bench/gpu/measure.ts`. */
  readonly args: readonly string[];
  /** @default {both} */
  readonly precisions?: readonly (typeof precisions)[number][];
  /** Whether the CPU runs it too, as a scale. @default {false} */
  readonly onCpu?: boolean;
  /** Options of `bench/peers/gpu_step.py`; absent where PyTorch does not run it. */
  readonly torch?: readonly string[];
}

const torchModes = [
  ["eager", "float32"],
  ["eager", "float16"],
  ["compile", "float16"],
] as const;

/** Steps under guidance and a decoded picture, at the sizes that the models were made for. */
function parts(tiny: boolean): Part[] {
  const sized = (side: number) => ["--side", String(tiny ? side / 8 : side)];
  const step = (what: string, side: number, model: readonly string[]) => ({
    what,
    args: ["--what", "step", ...model, ...sized(side)],
    torch: [...model, ...sized(side)],
  });
  return [
    {
      ...step("SD 1.5 step, 512²", 64, []),
      onCpu: true,
      ...(tiny ? { torch: undefined } : {}), // its small model is no UNet of diffusers' file
    },
    { ...step("SDXL step, 512²", 64, ["--model", "sdxl"]), onCpu: tiny },
    { ...step("SDXL step, 1024²", 128, ["--model", "sdxl"]), onCpu: tiny },
    ...[true, false].map((centred) => ({
      what: `SD 1.5 step, 512², means ${
        centred ? "off before norms" : "left in norms"
      }`,
      args: ["--what", "step", "--centred", `${centred}`, ...sized(64)],
      precisions: ["float32"] as const,
    })),
    {
      what: "SD 1.5 VAE, 512²",
      args: ["--what", "vae", ...sized(64)],
      onCpu: true,
    },
  ];
}

/** All lines, those of one program below each other. */
export function measurements(
  present: readonly BackendName[],
  options: ReportOptions,
): Measurement[] {
  const { tiny = false, against } = options;
  const list = [
    ...openings(options),
    ...goldenRows(present, tiny),
    ...parts(tiny).flatMap((part) => rowsOf(part, present, options)),
    ...trainingRows(present, options),
  ];
  return list.filter(({ what, backend, precision }) =>
    against?.some((text) => `${what} ${backend} ${precision}`.includes(text)) ??
      true
  );
}

/** Whole processes that open a backend: the difference is the cost of `auto`. */
function openings(options: ReportOptions): Measurement[] {
  const row = (what: string, backend: string, ...more: string[]) => {
    const { ours } = forAll(options);
    const args = ["--backend", backend, ...more];
    const contender = ours(what, "../gpu/open", ...args);
    return {
      what,
      backend,
      precision: "",
      contender: { ...contender, once: true },
    };
  };
  return [
    row("process that opens it", "onnx"),
    row("process that opens it, first time", "auto", "--first"),
    row("process that opens it, later", "auto"),
  ];
}

function goldenRows(
  present: readonly BackendName[],
  tiny: boolean,
): Measurement[] {
  const cases = tiny ? ["text", "unet.nonsquare"] : [""];
  return present.flatMap((backend) =>
    precisions.map((precision) => ({
      ...{ what: "golden cases", backend, precision, cases },
    }))
  );
}

function rowsOf(
  { what, args, precisions: some = precisions, onCpu = false, torch }: Part,
  present: readonly BackendName[],
  options: ReportOptions,
): Measurement[] {
  const { ours, peer } = forAll(options);
  const tiny = options.tiny ? ["--tiny"] : [];
  const on = (backend: string, precision: string): Measurement => {
    const chosen = ["--backend", backend, "--precision", precision];
    const contender = ours(
      what,
      "../gpu/measure",
      ...[...args, ...chosen, ...tiny],
    );
    return { what, backend, precision, contender };
  };
  const rows = present.flatMap((backend) =>
    some.map((precision) => on(backend, precision))
  );
  if (onCpu) rows.push(on("onnx", "float32"));
  if (!options.peers || torch === undefined) return rows;
  for (const [mode, precision] of torchModes) {
    const chosen = ["--mode", mode, "--precision", precision];
    const contender = peer("torch", "gpu_step", ...torch, ...chosen, ...tiny);
    rows.push({ what, backend: `torch ${mode}`, precision, contender });
  }
  return rows;
}

function trainingRows(
  present: readonly BackendName[],
  options: ReportOptions,
): Measurement[] {
  const { ours } = forAll(options);
  const batch = options.tiny ? "1" : "16";
  const trained = present.filter((name) =>
    (trainingBackends as readonly string[]).includes(name)
  );
  const others = ["webgpu", "tensorflow-gpu", "onnx"];
  return [...trained, ...others].map((backend) => ({
    what: `pocket training step, batch ${batch}`,
    ...{ backend, precision: "float32" },
    contender: ours(
      "training",
      "train",
      ...["--backend", backend, "--batch", batch],
    ),
  }));
}

function forAll({ peers }: ReportOptions) {
  return contenders({ peers, threads: availableParallelism() });
}
