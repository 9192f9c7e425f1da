import { importPackage } from "../../core/packages/import_package.ts";

type Wire = typeof import("@bufbuild/protobuf/wire");

/** Number of `metadata_props` in ONNX's `ModelProto`; each holds a key (1) and a value (2). */
const metadataField = 14;

/** Metadata of an ONNX file, which onnxruntime's JavaScript does not return. */
export async function readOnnxMetadata(
  file: Uint8Array,
): Promise<Map<string, string>> {
  const { BinaryReader } = await importPackage("protobuf_wire");
  const entries = new Map<string, string>();
  const reader = new BinaryReader(file);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== metadataField) {
      reader.skip(wireType, field);
      continue;
    }
    const [key, value] = readEntry(new BinaryReader(reader.bytes()));
    entries.set(key, value);
  }
  return entries;
}

function readEntry(
  reader: InstanceType<Wire["BinaryReader"]>,
): [string, string] {
  const texts = ["", ""] as [string, string];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 || field === 2) texts[field - 1] = reader.string();
    else reader.skip(wireType, field);
  }
  return texts;
}
