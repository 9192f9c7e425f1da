import { LocRefError } from "../../lib/core/error.ts";
import {
  automaticBackends,
  type TrainingBackendName,
  type TrainingConfig,
} from "../loop/training_config.ts";
import { onnxTraining } from "./onnx_trainer.ts";
import { tfjsTraining } from "./tfjs_trainer.ts";
import type { TrainingBackend } from "./trainer.ts";

/** Options of {@linkcode openTraining}. */
export interface OpenTrainingOptions {
  /** Threads of one operation on `onnx`; others read theirs from the environment. @default {the number of cores} */
  readonly threads?: number;
}

/**
 * Opens the training backend `name`, or the first one that works.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to install.
 */
export async function openTraining(
  name: TrainingConfig["backend"],
  options: OpenTrainingOptions = {},
): Promise<TrainingBackend> {
  if (name !== "auto") return await open(name, options);
  const reasons: string[] = [];
  for (const backend of automaticBackends) {
    try {
      return await open(backend, options);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new LocRefError(
    "backend-missing",
    `No backend for training works here (${reasons.join("; ")})`,
  );
}

async function open(
  name: TrainingBackendName,
  { threads }: OpenTrainingOptions,
): Promise<TrainingBackend> {
  switch (name) {
    case "onnx":
      return await onnxTraining({ threads });
    case "onnx-cuda":
      return await onnxTraining({ threads, device: "cuda" });
    case "onnx-webgpu":
      return await onnxTraining({ threads, device: "webgpu" });
    default:
      return await tfjsTraining(name);
  }
}
