/** A Deno process whose output appears file by file, beside that of other processes. */

import { fileURLToPath } from "node:url";
import { fileHeader, withoutColours } from "./results.ts";

/** The project's folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** How a process ended. */
export interface DenoEnd {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  /** All that it wrote. */
  readonly output: string;
}

/** Runs Deno in the project's folder and prints what it writes, a test file's lines together. */
export async function runDeno(args: readonly string[]): Promise<DenoEnd> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printer = blockPrinter();
  const parts: string[] = [];
  const read = async (stream: ReadableStream<Uint8Array>) => {
    const texts = stream.pipeThrough(new TextDecoderStream() as Decoder);
    for await (const text of texts) {
      parts.push(text);
      printer.add(text);
    }
  };
  await Promise.all([read(child.stdout), read(child.stderr)]);
  const { code, signal } = await child.status;
  printer.end();
  return { code, signal, output: parts.join("") };
}

type Decoder = ReadableWritablePair<string, Uint8Array>;

/** Prints text in blocks that begin where a test file begins. */
function blockPrinter(): { add(text: string): void; end(): void } {
  let waiting = "";
  return {
    add(text) {
      const lines = (waiting + text).split(/(?<=\n)/);
      const begins = lines.findLastIndex((line) =>
        fileHeader.test(withoutColours(line.trimEnd()))
      );
      const block = Math.max(0, begins);
      print(lines.slice(0, block).join(""));
      waiting = lines.slice(block).join("");
    },
    end: () => print(waiting),
  };
}

/** Writes text whole, at once, so that no other process's lines come between. */
function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}
