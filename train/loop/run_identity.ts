import { LocRefError } from "../../lib/core/error.ts";
import { quote } from "../../lib/core/quote.ts";
import { type Checkpoint, listCheckpoints } from "./checkpoint.ts";
import type { HostWeights } from "./host_weights.ts";
import type { TrainOptions } from "./train_options.ts";

/** Settings that must not change between a run and its continuation. */
export function identityOf(
  options: TrainOptions,
): Record<string, string | number> {
  const { name, seed = 0, batch, optimizer } = options;
  return { name, seed, batch, ema: optimizer?.ema ?? "none" };
}

/** Refuses to go on with a run that was begun with other settings. */
export function checkIdentity(
  saved: Readonly<Record<string, string | number>>,
  wanted: Readonly<Record<string, string | number>>,
  out: string,
): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (saved[key] === value) continue;
    throw new LocRefError(
      "training",
      `Run ${out} was begun with ${key} ${
        saved[key]
      }, so it cannot go on with ${value}`,
    );
  }
}

/** Refuses to begin a run in a folder that holds one. */
export async function refuseToOverwrite(out: string): Promise<void> {
  const last = (await listCheckpoints(out)).at(-1);
  if (last === undefined) return;
  throw new LocRefError(
    "training",
    `Folder ${out} holds a run already (${last}): go on with --resume, or name another folder`,
  );
}

/** The run that takes a checkpoint's state over. */
export interface RestoringRun {
  /** The weights that it trains. */
  readonly trainable: HostWeights;
  /** Whether it keeps a moving average. */
  readonly hasAverage: boolean;
  /** Whether the checkpoint is its own, which holds no other weights. */
  readonly isOwn: boolean;
}

/**
 * Checks that a checkpoint holds the state of the weights that a run trains. Weights that are not
 * trained any more would be lost with the next checkpoint.
 *
 * @throws {LocRefError} `checkpoint-mismatch`, naming what is missing, misshapen or left over.
 */
export function checkRestored(
  { tensors, path }: Pick<Checkpoint, "tensors" | "path">,
  { trainable, hasAverage, isOwn }: RestoringRun,
): void {
  const refuse = (why: string) => {
    const message = `Checkpoint ${quote(path)} ${why}`;
    throw new LocRefError("checkpoint-mismatch", message);
  };
  const kinds = ["weights", "mean", "square"];
  if (hasAverage) kinds.push("average");
  for (const [name, { shape }] of trainable) {
    for (const key of kinds.map((kind) => `${kind}.${name}`)) {
      const found = tensors.get(key)?.shape;
      if (String(found) === String(shape)) continue;
      const has = found === undefined
        ? `has no ${quote(key)}`
        : `has ${quote(key)} of shape ${quote(found)}`;
      refuse(`${has}, the model wants ${quote(shape)}`);
    }
  }
  const prefix = "weights.";
  const rest = [...tensors.keys()].find((key) =>
    key.startsWith(prefix) && !trainable.has(key.slice(prefix.length))
  );
  if (isOwn && rest !== undefined) {
    const name = quote(rest.slice(prefix.length));
    refuse(`holds weight ${name}, which this run does not train`);
  }
}
