import type { BackendName } from "../ops/open_executor.ts";
import { LocRef } from "./locref.ts";

/** What a model is loaded by where a run names it. */
export interface NamedModel {
  /** A loaded model, or the name of one. @default {"pocket"} */
  readonly model?: LocRef | string;
  /** Backend for a model given by name. @default {"auto"} */
  readonly backend?: BackendName | "auto";
  /** Stops a download. */
  readonly signal?: AbortSignal;
}

/** A model for one run, which gives it back at its end. */
export interface ModelUse {
  readonly model: LocRef;
  [Symbol.asyncDispose](): Promise<void>;
}

/** The model of a run: the one that it was given, or the one that it names. */
export async function useModel(
  { model = "pocket", backend, signal }: NamedModel,
): Promise<ModelUse> {
  if (model instanceof LocRef) {
    return { model, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const own = await LocRef.load(model, { backend, signal });
  return { model: own, [Symbol.asyncDispose]: () => own.dispose() };
}
