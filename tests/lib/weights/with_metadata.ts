/** Copies a safetensors file, with `metadata` in place of its own of these names. */
export async function copyWithMetadata(
  from: string,
  to: string,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const bytes = await Deno.readFile(from);
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(8, 8 + length)),
  );
  header.__metadata__ = { ...header.__metadata__, ...metadata };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const copy = new Uint8Array(8 + text.length + bytes.length - 8 - length);
  new DataView(copy.buffer).setBigUint64(0, BigInt(text.length), true);
  copy.set(text, 8);
  copy.set(bytes.subarray(8 + length), 8 + text.length);
  await Deno.writeFile(to, copy);
}
