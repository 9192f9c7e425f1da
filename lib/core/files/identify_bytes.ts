/** Kind of a file that is named like weights, from its first bytes. */

import { commandLine } from "../command/command_line.ts";
import { lowered } from "../lowered.ts";
import { shorten } from "../quote.ts";

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

const ANEW = "Fetch the file anew";
const SAVE_ANEW =
  'Take the safetensors file that most repositories have beside it, or save the model anew with save_pretrained("DIR")';

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
      next: `${ANEW}, and see that there is room on the disk`,
      standsIn: true,
    };
  }
  if (head.every((byte) => byte === 0)) {
    return {
      what: "filled with zeros where its header should stand",
      next:
        `${ANEW}, since its space was set aside, but its bytes were never written`,
      standsIn: true,
    };
  }
  return archive(head) ?? pickle(head) ?? container(head) ?? text(head);
}

/** Whether the bytes at `at` are these characters (of Latin-1). */
function begins(head: Uint8Array, magic: string, at = 0): boolean {
  if (head.length < at + magic.length) return false;
  return [...magic].every((char, i) => head[at + i] === char.charCodeAt(0));
}

function latin(head: Uint8Array): string {
  return new TextDecoder("latin1").decode(head);
}

/** Kind of a ZIP file, by the names of its entries. */
function archive(head: Uint8Array): ByteIdentity | undefined {
  if (!begins(head, "PK\x03\x04") && !begins(head, "PK\x05\x06")) return;
  const names = latin(head);
  if (names.includes(".npy")) {
    return { what: "a NumPy archive (.npz), not safetensors", next: SAVE_ANEW };
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

const FETCH_WEIGHTS =
  "Take the safetensors file that belongs to the model in its place";
const UNPACK = "Unpack it and give the safetensors file inside";

/** Beginning of a file, where it stands, what it means and what to do. */
const MAGIC: readonly (readonly [string, number, string, string])[] = [
  ["\x1f\x8b", 0, "compressed by gzip", UNPACK],
  ["BZh", 0, "compressed by bzip2", UNPACK],
  ["\xfd7zXZ\0", 0, "compressed by xz", UNPACK],
  ["\x28\xb5\x2f\xfd", 0, "compressed by zstd", UNPACK],
  ["\x04\x22\x4d\x18", 0, "compressed by lz4", UNPACK],
  ["7z\xbc\xaf\x27\x1c", 0, "a 7z archive", UNPACK],
  ["Rar!", 0, "a RAR archive", UNPACK],
  ["ustar", 257, "a tar archive", UNPACK],
  [
    "GGUF",
    0,
    "a GGUF file of llama.cpp or stable-diffusion.cpp, not safetensors",
    "Take the model as safetensors, in the folder layout of diffusers, since quantised GGUF weights are not read",
  ],
  ["ggml", 0, "a GGML file, not safetensors", FETCH_WEIGHTS],
  ["lmgg", 0, "a GGML file, not safetensors", FETCH_WEIGHTS],
  ["tjgg", 0, "a GGML file, not safetensors", FETCH_WEIGHTS],
  ["\x93NUMPY", 0, "a NumPy array (.npy), not safetensors", SAVE_ANEW],
  ["\x89HDF\r\n\x1a\n", 0, "an HDF5 file of Keras, not safetensors", SAVE_ANEW],
  ["TFL3", 4, "a TensorFlow Lite model, not safetensors", FETCH_WEIGHTS],
  ["\x89PNG\r\n\x1a\n", 0, "a PNG picture", FETCH_WEIGHTS],
  ["\xff\xd8\xff", 0, "a JPEG picture", FETCH_WEIGHTS],
  ["GIF8", 0, "a GIF picture", FETCH_WEIGHTS],
  ["WEBP", 8, "a WebP picture", FETCH_WEIGHTS],
  ["ftyp", 4, "a video or a picture (MP4, AVIF or HEIC)", FETCH_WEIGHTS],
  ["%PDF", 0, "a PDF document", FETCH_WEIGHTS],
  ["PAR1", 0, "a Parquet table", FETCH_WEIGHTS],
  ["II*\0", 0, "a TIFF picture", FETCH_WEIGHTS],
  [
    "\0\x05\x16\x07",
    0,
    "a companion file of macOS, which holds attributes alone",
    "Take the file of the same name without ._ before it",
  ],
  ["SQLite format 3\0", 0, "an SQLite database", FETCH_WEIGHTS],
  ["\x7fELF", 0, "a program", FETCH_WEIGHTS],
  ["MZ\x90\0", 0, "a Windows program", FETCH_WEIGHTS],
];

function container(head: Uint8Array): ByteIdentity | undefined {
  const found = MAGIC.find(([magic, at]) => begins(head, magic, at));
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
      next: SAVE_ANEW,
    };
  }
}

function isPrintable(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x20 && byte < 0x7f;
}

/** Text is what a server or a tool left in place of the file. */
function text(head: Uint8Array): ByteIdentity | undefined {
  const words = decode(head)?.trimStart();
  if (words === undefined) return;
  if (words.startsWith("version https://git-lfs.github.com/spec/")) {
    return {
      what:
        "a Git LFS pointer, which stands for the weights and does not hold them",
      next:
        'Run "git lfs install" and "git lfs pull" in its repository, or fetch the file anew by its name on the hub',
      standsIn: true,
    };
  }
  if (/^(\.git\/annex|\/annex)\/objects\//.test(words)) {
    return {
      what:
        "a git-annex pointer, which stands for the weights and does not hold them",
      next: 'Run "git annex get" on it, or fetch the file anew',
      standsIn: true,
    };
  }
  if (/^<(!doctype html|html|head|body|title|script|meta)\b/i.test(words)) {
    return {
      what: "an HTML page, which was saved in place of the file",
      next:
        `${ANEW} after logging in (HF_TOKEN) and accepting the model's terms on its page, from the address with /resolve/, not /blob/`,
      standsIn: true,
    };
  }
  if (/^<(\?xml|[A-Za-z!])/.test(words)) {
    return {
      what: `an XML document, such as a storage server's error (${
        excerpt(words)
      })`,
      next:
        `${ANEW} from another address, since this one was wrong, out of date or needs a login`,
      standsIn: true,
    };
  }
  return /^[{[]/.test(words) ? json(words) : plainText(words);
}

function json(words: string): ByteIdentity {
  if (words.includes('"weight_map"')) {
    return {
      what: "the index of weights in several files, as JSON",
      next:
        "Name it *.safetensors.index.json, and put the files that it lists beside it",
    };
  }
  if (/"(error|message|detail|code|status)"\s*:/.test(words)) {
    return {
      what: `a server's error as JSON (${excerpt(words)})`,
      next:
        `${ANEW} by its right name, after logging in (HF_TOKEN) and accepting the model's terms on its page`,
    };
  }
  return {
    what: `JSON text (${excerpt(words)}), not weights`,
    next: FETCH_WEIGHTS,
  };
}

function plainText(words: string): ByteIdentity {
  return {
    what: `text (${excerpt(words)}), not weights`,
    next:
      `${ANEW} by its right name if that is a server's error, after logging in (HF_TOKEN) and accepting the model's terms on its page`,
  };
}

/** The first bytes as text, or `undefined` where they hold anything else. */
function decode(head: Uint8Array): string | undefined {
  const sixteen = begins(head, "\xff\xfe") ? "utf-16le" : undefined;
  const label = sixteen ?? (begins(head, "\xfe\xff") ? "utf-16be" : "utf-8");
  let words: string;
  try {
    // The last character may be cut.
    words = new TextDecoder(label, { fatal: true }).decode(head, {
      stream: true,
    });
  } catch {
    return undefined;
  }
  // deno-lint-ignore no-control-regex
  return /[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(words)
    ? undefined
    : words;
}

function excerpt(words: string): string {
  return `"${shorten(words.trim().replace(/\s+/g, " "))}"`;
}
