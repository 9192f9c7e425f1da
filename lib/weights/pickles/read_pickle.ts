import { PickleFault } from "./pickle_fault.ts";
import { WeightFileError } from "../weight_file_error.ts";
import { damagedPickle } from "./pickle_error.ts";
import { PickleMachine, type PickleMachineOptions } from "./pickle_machine.ts";
import { opcodes } from "./pickle_opcodes.ts";
import type { PickleStorage } from "./pickle_values.ts";

/** One pickle, as data. */
export interface ReadPickle {
  readonly value: unknown;
  /** Position after its last byte. */
  readonly end: number;
  /** Storages by the names that tensors refer to. */
  readonly storages: ReadonlyMap<string, PickleStorage>;
}

/**
 * Reads one pickle as data. Names of classes and functions become symbols; a call is understood
 * where it describes a tensor or a dictionary, and nothing is imported or run.
 *
 * @throws {LocRefError} `file-invalid`, naming what else the pickle calls.
 */
export function readPickle(
  bytes: Uint8Array,
  options: PickleMachineOptions,
): ReadPickle {
  const machine = new PickleMachine(bytes, options);
  try {
    while (!machine.stopped) follow(machine);
  } catch (error) {
    if (error instanceof WeightFileError) throw error;
    if (!(error instanceof PickleFault)) throw error;
    throw damagedPickle(options.file, error.message);
  }
  const { result: value, storages } = machine;
  return { value, storages, end: machine.cursor.at };
}

function follow(machine: PickleMachine): void {
  const code = machine.next();
  const run = opcodes[code];
  if (run !== undefined) return run(machine);
  throw new PickleFault(
    `byte ${
      machine.cursor.at - 1
    } is ${code}, which is no instruction of a pickle`,
  );
}
