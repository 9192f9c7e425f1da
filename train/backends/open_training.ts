import { LocRefError } from "../../lib/core/error.ts";
import {
  automaticBackends,
  type TrainingBackendName,
  type TrainingConfig,
} from "../loop/training_config.ts";
import { onnxTraining } from "./onnx_trainer.ts";
import { tfjsTraining } from "./tfjs_trainer.ts";
import type { TrainingBackend } from "./trainer.ts";

/**
 * Opens the training backend `name`, or the first one that works.
 *
 * @throws {LocRefError} `backend-missing`, with the reason and what to install.
 */
export async function openTraining(
  name: TrainingConfig["backend"],
): Promise<TrainingBackend> {
  if (name !== "auto") return await open(name);
  const reasons: string[] = [];
  for (const backend of automaticBackends) {
    try {
      return await open(backend);
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new LocRefError(
    "backend-missing",
    `No backend for training works here (${reasons.join("; ")})`,
  );
}

async function open(name: TrainingBackendName): Promise<TrainingBackend> {
  switch (name) {
    case "onnx":
      return await onnxTraining();
    default:
      return await tfjsTraining(name);
  }
}
