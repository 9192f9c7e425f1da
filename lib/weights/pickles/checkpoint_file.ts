import type { PickleStorage } from "./pickle_values.ts";

/** Where the values of a storage lie. */
export interface StoragePlace {
  /** First byte in the file. */
  readonly offset: number;
  /** Number of bytes. */
  readonly length: number;
  /** CRC-32 of the bytes, where the file has one. */
  readonly checksum?: number;
}

/** A checkpoint's description, and where its storages lie. */
export interface CheckpointFile {
  /** The value that was saved: usually dictionaries with tensors. */
  readonly value: unknown;
  /** Places by the names of storages. */
  readonly places: ReadonlyMap<string, StoragePlace>;
}

/** How a checkpoint is read. */
export interface CheckpointOptions {
  /** Path, as messages name it. */
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Whether values that are no tensors are skipped where they would be called. */
  readonly tensorsOnly: boolean;
}

/** Storages by name, as a description refers to them. */
export type DeclaredStorages = ReadonlyMap<string, PickleStorage>;
