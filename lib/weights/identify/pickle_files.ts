import { shorten } from "../../core/quote.ts";
import { LocRefError } from "../../core/error.ts";

/** Whether a file's name says that it is a Python pickle, which can run code when it is opened. */
export function isPickleName(path: string): boolean {
  return /\.(bin|ckpt|pt|pth|pkl|pickle)$/i.test(path);
}

/** The sentence that refuses a pickle and says what to use in its place. */
export function pickleRefusal(path: string): string {
  const other = path.replace(/pytorch_model\.bin$/i, "model.bin")
    .replace(/\.[a-z]+$/i, ".safetensors");
  return `${
    shorten(path, 300)
  } is a Python pickle, which can run any code when it is opened, so it is refused: use the same weights as safetensors (often ${
    shorten(other, 300)
  } beside it)`;
}

/**
 * Makes sure that no pickle is among `paths`.
 *
 * @throws {LocRefError} `file-invalid`, naming the first.
 */
export function refusePickles(paths: readonly string[], place: string): void {
  const pickle = paths.find(isPickleName);
  if (pickle === undefined) return;
  throw new LocRefError(
    "file-invalid",
    `${place}: ${pickleRefusal(pickle)}`,
  );
}
