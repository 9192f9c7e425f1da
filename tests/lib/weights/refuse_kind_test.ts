import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { LocRefError } from "../../../lib/core/error.ts";
import { openSafetensors } from "../../../lib/weights/safetensors/safetensors.ts";
import { openSharded } from "../../../lib/weights/safetensors/sharded.ts";
import { WeightFileError } from "../../../lib/weights/weight_file_error.ts";
import { writeSafetensors } from "../../../lib/weights/safetensors/write_safetensors.ts";
import { inTempDir } from "./temp_dir.ts";

/** Bytes of characters up to U+00FF, with zeros after them. */
function latin(text: string, length = text.length + 100): Uint8Array {
  const bytes = new Uint8Array(Math.max(length, text.length));
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

const pointer = "version https://git-lfs.github.com/spec/v1\n" +
  `oid sha256:${"a".repeat(64)}\nsize 334643268\n`;

/** What a file may be that is none, with what is said of it and what to do. */
const files: Record<string, [Uint8Array, RegExp, RegExp]> = {
  "an empty file": [new Uint8Array(0), /^empty/, /^Fetch the file anew/],
  "zeros": [new Uint8Array(5000), /zeros/, /^Fetch the file anew/],
  "a Git LFS pointer": [utf8(pointer), /Git LFS pointer/, /git lfs pull/],
  "a Git LFS pointer with CR LF": [
    utf8(pointer.replaceAll("\n", "\r\n")),
    /Git LFS pointer/,
    /git lfs pull/,
  ],
  "a git-annex pointer": [
    utf8("/annex/objects/SHA256E-s1--abc.safetensors\n"),
    /git-annex/,
    /git annex get/,
  ],
  "a page": [
    utf8("\n<!DOCTYPE html>\n<html><head>"),
    /HTML page/,
    /log.* in .*terms/,
  ],
  "a page with a byte order mark": [
    utf8("\ufeff<HTML lang=en>"),
    /HTML page/,
    /terms/,
  ],
  "a storage server's error": [
    utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    /XML document.*AccessDenied/,
    /^Fetch the file anew/,
  ],
  "an error as JSON": [
    utf8('{"error":"Access to model me/m is restricted"}'),
    /error as JSON.*is restricted/,
    /HF_TOKEN/,
  ],
  "an error as text": [
    utf8("Entry not found"),
    /text \("Entry not found"\)/,
    /^Fetch the file anew/,
  ],
  "a config": [utf8('{"_class_name": "UNet"}'), /JSON text/, /in its place/],
  "an index of shards": [
    utf8('{"metadata":{},"weight_map":{"a":"b.safetensors"}}'),
    /index of weights/,
    /safetensors\.index\.json/,
  ],
  "text of UTF-16": [latin("\xff\xfeN\0o\0t\0", 8), /text \("Not"\)/, /anew/],
  "an archive of PyTorch": [
    latin("PK\x03\x04" + "\0".repeat(26) + "archive/data.pklFB"),
    /PyTorch archive.*pickle.*refused/,
    /safetensors/,
  ],
  "a ZIP": [latin("PK\x03\x04"), /ZIP archive.*pickle.*refused/, /safetensors/],
  "an empty ZIP": [latin("PK\x05\x06"), /ZIP archive/, /safetensors/],
  "an archive of NumPy": [
    latin("PK\x03\x04" + "\0".repeat(26) + "arr_0.npy"),
    /NumPy archive/,
    /save_pretrained/,
  ],
  "an old file of PyTorch": [
    latin("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."),
    /pickle.*refused/,
    /safetensors/,
  ],
  "a pickle": [latin("\x80\x04\x95\x10"), /pickle.*refused/, /safetensors/],
  "a pickle of protocol 0": [
    utf8("(dp0\nS'state_dict'\n"),
    /pickle.*refused/,
    /safetensors/,
  ],
  gzip: [latin("\x1f\x8b\x08\x00"), /gzip/, /Unpack/],
  zstd: [latin("\x28\xb5\x2f\xfd"), /zstd/, /Unpack/],
  "7z": [latin("7z\xbc\xaf\x27\x1c"), /7z/, /Unpack/],
  tar: [latin("weights" + "\0".repeat(250) + "ustar"), /tar archive/, /Unpack/],
  GGUF: [latin("GGUF\x03\0\0\0"), /GGUF/, /safetensors/],
  ONNX: [latin("\x08\x07\x12\x07pytorch"), /ONNX model/, /safetensors/],
  NumPy: [latin("\x93NUMPY\x01\0v\0{'descr'"), /NumPy array/, /save_pretr/],
  HDF5: [latin("\x89HDF\r\n\x1a\n"), /HDF5/, /save_pretrained/],
  Flax: [latin("\x82\xa6params\x81\xa5dense"), /Flax/, /save_pretrained/],
  PNG: [latin("\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), /PNG picture/, /in its place/],
  JPEG: [latin("\xff\xd8\xff\xe0\0\x10JFIF"), /JPEG picture/, /in its place/],
  WebP: [latin("RIFF\x10\0\0\0WEBPVP8 "), /WebP picture/, /in its place/],
  PDF: [latin("%PDF-1.7\n"), /PDF/, /in its place/],
};

for (const [label, [bytes, what, next]] of Object.entries(files)) {
  Deno.test(`In place of weights, ${label} is named with a way out`, async () => {
    await inTempDir(async (dir) => {
      const file = join(dir, "model.safetensors");
      await Deno.writeFile(file, bytes);
      const error = await assertRejects(
        () => openSafetensors(file),
        WeightFileError,
      );
      assertEquals(error.code, "file-invalid");
      assertMatch(error.what ?? "", what);
      assertMatch(error.next, next);
      assert(error.message.startsWith(`${file} is `), error.message);
      assert(error.message.length < 500 + dir.length, error.message);
      assert(!error.message.includes("\n"), error.message);
    });
  });
}

Deno.test("Safetensors of any header's length are taken for nothing else, also when cut", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "x.safetensors");
    for (let pad = 0; pad < 40; pad++) {
      // The header's length runs through values that begin like other files.
      const metadata = { pad: "x".repeat(pad * 29) };
      const x = { shape: [2], data: Float32Array.of(1, 2) };
      await writeSafetensors(file, new Map([["x", x]]), { metadata });
      const whole = await Deno.readFile(file);
      await openSafetensors(file);
      for (const size of [9, 20, whole.length - 9, whole.length - 1]) {
        await Deno.writeFile(file, whole.subarray(0, size));
        const error = await assertRejects(
          () => openSafetensors(file),
          WeightFileError,
          "is cut short",
        );
        assertMatch(error.next, /^Fetch the file again/);
      }
    }
  });
});

Deno.test("A cut file is told from other files by the brace of its header", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "x.safetensors");
    for (const magic of ["\x80\x02", "\x1f\x8b", "\x08\x07\x12", "\x82\xa5A"]) {
      await Deno.writeFile(file, latin(`${magic.padEnd(8, "\0")}{"a":{`, 14));
      await assertRejects(
        () => openSafetensors(file),
        WeightFileError,
        "is cut short",
      );
    }
  });
});

Deno.test("Only a cut file is to be fetched again", async () => {
  const header = (text: string, data = 4) => {
    const bytes = new Uint8Array(8 + text.length + data);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(utf8(text), 8);
    return bytes;
  };
  const tensor = (fields: string) =>
    header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]${fields}}}`);
  const damaged: Uint8Array[] = [
    header("{not json}"),
    header('{"a":1}'),
    tensor(',"dtype":"F32"'),
    header('{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}'),
    header('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 9),
    header('{"__metadata__":[],"a":{"dtype":"F32"}}'),
    latin("\x01\x02\x03\x04\x05\x06\x07\x08\xff\xfe"),
  ];
  await inTempDir(async (dir) => {
    const file = join(dir, "x.safetensors");
    for (const bytes of damaged) {
      await Deno.writeFile(file, bytes);
      const error = await assertRejects(
        () => openSafetensors(file),
        WeightFileError,
      );
      assert(!/again|anew after/i.test(error.next), error.message);
    }
  });
});

Deno.test("A device is no weights, and is not read", async () => {
  const error = await assertRejects(
    () => openSafetensors("/dev/zero"),
    LocRefError,
    "is a device or a pipe",
  );
  assertEquals(error.code, "file-invalid");
});

Deno.test("A pointer in the place of an index, or of a shard, is named as well", async () => {
  await inTempDir(async (dir) => {
    const index = join(dir, "m.safetensors.index.json");
    await Deno.writeTextFile(index, pointer);
    await assertRejects(() => openSharded(index), LocRefError, "git lfs pull");
    await Deno.writeTextFile(index, '{"weight_map":{"a":"s.safetensors"}}');
    await Deno.writeTextFile(join(dir, "s.safetensors"), pointer);
    await assertRejects(() => openSharded(index), LocRefError, "git lfs pull");
  });
});

const unread: Record<string, [number, RegExp]> = {
  F8_E4M3: [8, /float16/],
  F8_E5M2: [8, /float16/],
  F8_E8M0: [8, /float16/],
  F8_E4M3FNUZ: [8, /float16/],
  F6_E2M3: [6, /float16/],
  F4: [4, /float16/],
  C64: [64, /float16/],
  U64: [64, /int64/],
  U32: [32, /int64/],
  U16: [16, /int64/],
};

for (const [dtype, [bits, next]] of Object.entries(unread)) {
  Deno.test(`Tensors of type ${dtype} are refused by name, and can be looked at`, async () => {
    await inTempDir(async (dir) => {
      const file = join(dir, "x.safetensors");
      const entry = { dtype, shape: [8], data_offsets: [0, bits] };
      const text = JSON.stringify({ "layer.weight": entry });
      const bytes = new Uint8Array(8 + text.length + bits);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
      bytes.set(utf8(text), 8);
      await Deno.writeFile(file, bytes);
      const error = await assertRejects(
        () => openSafetensors(file),
        WeightFileError,
        `1 tensor of type ${dtype} (the first is "layer.weight")`,
      );
      assertMatch(error.next, next);
      const open = await openSafetensors(file, { anyType: true });
      assertEquals(open.info("layer.weight")?.dtype as string, dtype);
    });
  });
}

Deno.test("Types of less than a byte fill whole bytes", async () => {
  await inTempDir(async (dir) => {
    const file = join(dir, "x.safetensors");
    const text = '{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}';
    const bytes = new Uint8Array(8 + text.length + 2);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
    bytes.set(utf8(text), 8);
    await Deno.writeFile(file, bytes);
    await assertRejects(
      () => openSafetensors(file, { anyType: true }),
      LocRefError,
      "does not fill whole bytes",
    );
  });
});
