import { commandLine } from "../../core/command/command_line.ts";
import { LocRefError } from "../../core/error.ts";
import { shorten } from "../../core/quote.ts";
import { quotePath } from "../../core/machine/system_error.ts";

/** Whether a file's name says that it is a Python pickle, which can run code when it is opened. */
export function isPickleName(path: string): boolean {
  return /\.(bin|ckpt|pt|pth|pkl|pickle)$/i.test(path);
}

/** The sentence that refuses to load a pickle and says how its tensors are taken out. */
export function pickleRefusal(path: string): string {
  const other = safetensorsName(path);
  return `${
    shorten(path, 300)
  } is a Python pickle, which can run any code when it is opened, so it is refused: use the same weights as safetensors (often ${
    shorten(other, 300)
  } beside it), or take its tensors out without running it: ${
    pickleAdvice(path)
  }`;
}

/** The command that takes the tensors out of a pickle. */
export function pickleAdvice(path: string): string {
  const [from, to] = [path, safetensorsName(path)].map((name) =>
    /\s/.test(name) ? quotePath(name) : shorten(name, 300)
  );
  return `${commandLine("convert")} ${from} -o ${to}`;
}

/** Name of the safetensors file that stands for a pickle. */
function safetensorsName(path: string): string {
  return path.replace(/pytorch_model\.bin$/i, "model.bin")
    .replace(/\.[a-z]+$/i, ".safetensors");
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
