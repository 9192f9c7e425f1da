import { shorten } from "../quote.ts";
import {
  anew,
  begins,
  type ByteIdentity,
  fetchWeights,
} from "./byte_identity.ts";

/** Kind of a text, which a server or a tool left in place of the file. */
export function identifyText(head: Uint8Array): ByteIdentity | undefined {
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
        `${anew} after logging in (HF_TOKEN) and accepting the model's terms on its page, from the address with /resolve/, not /blob/`,
      standsIn: true,
    };
  }
  if (/^<(\?xml|[A-Za-z!])/.test(words)) {
    return {
      what: `an XML document, such as a storage server's error (${
        excerpt(words)
      })`,
      next:
        `${anew} from another address, since this one was wrong, out of date or needs a login`,
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
        `${anew} by its right name, after logging in (HF_TOKEN) and accepting the model's terms on its page`,
    };
  }
  return {
    what: `JSON text (${excerpt(words)}), not weights`,
    next: fetchWeights,
  };
}

function plainText(words: string): ByteIdentity {
  return {
    what: `text (${excerpt(words)}), not weights`,
    next:
      `${anew} by its right name if that is a server's error, after logging in (HF_TOKEN) and accepting the model's terms on its page`,
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
