/**
 * Bounds on the description inside a checkpoint, so that no file takes more memory or time than its
 * size allows. A checkpoint of ten thousand tensors stays a hundred times below them.
 */
export const pickleLimits = {
  /** Bytes of the description that lists the tensors. */
  bytes: 64 << 20,
  /** Instructions of one description. */
  instructions: 4_000_000,
  /** Lists, dictionaries and other containers of one description. */
  containers: 1_000_000,
  /** Values that are remembered for later use. */
  remembered: 2_000_000,
  /** Digits of a number that is written as text. */
  digits: 400,
  /** Bytes of a whole number. */
  integerBytes: 32,
  /** Dictionaries and lists inside one another. */
  depth: 64,
  /** Values that are reached from the outermost dictionary. */
  reached: 500_000,
  /** Tensors. */
  tensors: 200_000,
  /** Characters of a tensor's whole name. */
  nameLength: 1024,
  /** Dimensions of a tensor; PyTorch has 64 at most. */
  dimensions: 64,
  /** Entries of an archive. */
  entries: 400_000,
  /** Bytes of all tensors, as a multiple of the file's size: tensors may share their values. */
  growth: 16,
  /** Bytes of all tensors that even the smallest file may have. */
  smallest: 1 << 20,
} as const;
