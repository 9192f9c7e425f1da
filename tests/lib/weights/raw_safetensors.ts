/** Safetensors files of any type in memory, all zeros: what a header says is all that is read of them. */

/** Shapes by tensor name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** A file of tensors of one type. */
export function rawSafetensors(
  shapes: Shapes,
  { dtype = "F16", metadata }: {
    dtype?: "F16" | "F32" | "F8_E4M3";
    metadata?: Readonly<Record<string, string>>;
  } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = { F16: 2, F32: 4, F8_E4M3: 1 }[dtype];
  const header: Record<string, unknown> = metadata === undefined
    ? {}
    : { __metadata__: metadata };
  let at = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const end = at + bytes * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

/** Content of a settings file. */
export function jsonFile(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
