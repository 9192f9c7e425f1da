/** Kind of a file that is named like weights, from its first bytes. */

import { commandLine } from "../command/command_line.ts";
import { lowered } from "../lowered.ts";
import {
  anew,
  begins,
  type ByteIdentity,
  fetchWeights,
  saveAnew,
} from "./byte_identity.ts";
import { identifyText } from "./identify_text.ts";

/** The way from a PyTorch checkpoint to weights that are loaded. */
function convertAdvice(): string {
  return `Take its tensors out without running it: ${
    commandLine("convert")
  } FILE -o FILE.safetensors`;
}

/**
 * Says what a file is by its first bytes.
 *
 * @param head The first bytes of the file; some hundred are enough.
 * @param size Bytes of the whole file.
 * @returns `undefined` where it may be safetensors, or nothing that is known.
 */
export function identifyBytes(
  head: Uint8Array,
  size: number,
): ByteIdentity | undefined {
  if (size === 0) {
    return {
      what: "empty",
      next: `${anew}, and see that there is room on the disk`,
      standsIn: true,
    };
  }
  if (head.every((byte) => byte === 0)) {
    return {
      what: "filled with zeros where its header should stand",
      next:
        `${anew}, since its space was set aside, but its bytes were never written`,
      standsIn: true,
    };
  }
  return archive(head) ?? pickle(head) ?? container(head) ?? identifyText(head);
}

function latin(head: Uint8Array): string {
  return new TextDecoder("latin1").decode(head);
}

/** Kind of a ZIP file, by the names of its entries. */
function archive(head: Uint8Array): ByteIdentity | undefined {
  if (!begins(head, "PK\x03\x04") && !begins(head, "PK\x05\x06")) return;
  const names = latin(head);
  if (names.includes(".npy")) {
    return { what: "a NumPy archive (.npz), not safetensors", next: saveAnew };
  }
  if (/(\.pkl|\/version|\/byteorder|\/\.format_version|\/data\/)/.test(names)) {
    return {
      what:
        "a PyTorch archive, which holds a Python pickle that can run any code when it is opened, so it is refused",
      next: convertAdvice(),
      pickle: true,
    };
  }
  return {
    what:
      "a ZIP archive, as PyTorch writes them with a Python pickle inside, which can run any code when it is opened, so it is refused",
    next: `Unpack it if a safetensors file is inside; else ${
      lowered(convertAdvice())
    }`,
    pickle: true,
  };
}

/** Pickles of PyTorch before 1.6, and plain ones. */
function pickle(head: Uint8Array): ByteIdentity | undefined {
  const binary = head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5;
  const old = /^(\(dp\d|\(lp\d|c(collections|torch|copy_reg|__builtin__)\n)/
    .test(latin(head.subarray(0, 32)));
  if (!binary && !old) return;
  return {
    what:
      "a Python pickle, which can run any code when it is opened, so it is refused",
    next: convertAdvice(),
    pickle: true,
  };
}

const unpack = "Unpack it and give the safetensors file inside";

/** Beginning of a file, where it stands, what it means and what to do. */
const magics: readonly (readonly [string, number, string, string])[] = [
  ["\x1f\x8b", 0, "compressed by gzip", unpack],
  ["BZh", 0, "compressed by bzip2", unpack],
  ["\xfd7zXZ\0", 0, "compressed by xz", unpack],
  ["\x28\xb5\x2f\xfd", 0, "compressed by zstd", unpack],
  ["\x04\x22\x4d\x18", 0, "compressed by lz4", unpack],
  ["7z\xbc\xaf\x27\x1c", 0, "a 7z archive", unpack],
  ["Rar!", 0, "a RAR archive", unpack],
  ["ustar", 257, "a tar archive", unpack],
  [
    "GGUF",
    0,
    "a GGUF file of llama.cpp or stable-diffusion.cpp, not safetensors",
    "Take the model as safetensors, in the folder layout of diffusers, since quantised GGUF weights are not read",
  ],
  ["ggml", 0, "a GGML file, not safetensors", fetchWeights],
  ["lmgg", 0, "a GGML file, not safetensors", fetchWeights],
  ["tjgg", 0, "a GGML file, not safetensors", fetchWeights],
  ["\x93NUMPY", 0, "a NumPy array (.npy), not safetensors", saveAnew],
  ["\x89HDF\r\n\x1a\n", 0, "an HDF5 file of Keras, not safetensors", saveAnew],
  ["TFL3", 4, "a TensorFlow Lite model, not safetensors", fetchWeights],
  ["\x89PNG\r\n\x1a\n", 0, "a PNG picture", fetchWeights],
  ["\xff\xd8\xff", 0, "a JPEG picture", fetchWeights],
  ["GIF8", 0, "a GIF picture", fetchWeights],
  ["WEBP", 8, "a WebP picture", fetchWeights],
  ["ftyp", 4, "a video or a picture (MP4, AVIF or HEIC)", fetchWeights],
  ["%PDF", 0, "a PDF document", fetchWeights],
  ["PAR1", 0, "a Parquet table", fetchWeights],
  ["II*\0", 0, "a TIFF picture", fetchWeights],
  [
    "\0\x05\x16\x07",
    0,
    "a companion file of macOS, which holds attributes alone",
    "Take the file of the same name without ._ before it",
  ],
  ["SQLite format 3\0", 0, "an SQLite database", fetchWeights],
  ["\x7fELF", 0, "a program", fetchWeights],
  ["MZ\x90\0", 0, "a Windows program", fetchWeights],
];

function container(head: Uint8Array): ByteIdentity | undefined {
  const found = magics.find(([magic, at]) => begins(head, magic, at));
  if (found) return { what: found[2], next: found[3] };
  // Version of the representation, then the producer's name or the graph.
  if (
    head[0] === 0x08 && head[1]! > 0 && head[1]! < 32 &&
    (head[2] === 0x12 || head[2] === 0x3a)
  ) {
    return {
      what: "an ONNX model, not safetensors",
      next:
        "Take the safetensors file of the same model in its place, since LocRef loads weights, not graphs",
    };
  }
  // A map of maps, whose first key is a short text.
  const map = (head[0]! & 0xf0) === 0x80 || head[0] === 0xde;
  const key = head[0] === 0xde ? 3 : 1;
  if (map && (head[key]! & 0xe0) === 0xa0 && isPrintable(head[key + 1])) {
    return {
      what: "a MessagePack file of Flax, not safetensors",
      next: saveAnew,
    };
  }
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f;
}
