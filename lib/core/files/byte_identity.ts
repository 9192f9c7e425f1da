/** A file that is something else than safetensors. */
export interface ByteIdentity {
  /** The end of "FILE is …". */
  readonly what: string;
  /** A way to the weights, as a sentence. */
  readonly next: string;
  /** Whether it is what a server or a tool left in place of any file, not of weights alone. */
  readonly standsIn?: boolean;
  /** Whether it may be a checkpoint of PyTorch, whose tensors can be taken out. */
  readonly pickle?: boolean;
}

/** Advice where a file came wrong. */
export const anew = "Fetch the file anew";

/** Advice where weights are in another format. */
export const saveAnew =
  'Take the safetensors file that most repositories have beside it, or save the model anew with save_pretrained("DIR")';

/** Advice where another file lies in the place of weights. */
export const fetchWeights =
  "Take the safetensors file that belongs to the model in its place";

/** Whether the bytes at `at` are these characters (of Latin-1). */
export function begins(head: Uint8Array, magic: string, at = 0): boolean {
  if (head.length < at + magic.length) return false;
  return [...magic].every((char, i) => head[at + i] === char.charCodeAt(0));
}
