import { LocRefError } from "../../core/error.ts";
import { shorten } from "../../core/quote.ts";

/** Parts of the messages of onnxruntime, Dawn and drivers when a device's memory ends. */
const memoryEnds =
  /OUT_?OF_?\w*MEMORY|out of memory|(not enough|insufficient) memory|failed to allocate|bad.?alloc|ALLOC_FAILED|max buffer size|due to a previous error/i;

/** The same when a device is lost: a driver that was reset, a card that was taken out. */
const deviceEnds =
  /device\]? (is |was |has been )?lost|DEVICE_(LOST|REMOVED|HUNG|RESET)|887A00(05|06|07|20)/i;

/** The place of a failure. */
export interface DeviceFailure {
  /** Name of the backend. */
  readonly backend: string;
  /** Name of the program. */
  readonly program: string;
  /** Whether the program ran, not only began to. */
  readonly running: boolean;
}

/** A failure of a device as one sentence. */
export function deviceError(
  cause: unknown,
  { backend, program, running }: DeviceFailure,
): LocRefError {
  const reason = firstLine(cause);
  if (deviceEnds.test(reason)) {
    return new LocRefError(
      "backend-failed",
      `Backend "${backend}" lost its device at program "${program}": start the process again, or use backend "onnx"`,
      { cause },
    );
  }
  if (memoryEnds.test(reason)) {
    return new LocRefError(
      "backend-failed",
      `Backend "${backend}" has too little memory for program "${program}" (${
        shorten(reason, 160)
      }): make a smaller picture, use precision "float16", or use backend "onnx"`,
      { cause },
    );
  }
  return new LocRefError(
    running ? "backend-failed" : "backend-missing",
    `Program "${program}" cannot be ${
      running ? `run on backend "${backend}"` : "compiled"
    }: ${shorten(reason, 400)}`,
    { cause },
  );
}

/** The message of an error in one line, without the place in onnxruntime's own source. */
export function firstLine(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  const line =
    message.split("\n").map((line) => line.trim()).find((line) =>
      line !== ""
    ) ?? "no reason was given";
  return line.replace(/^.*was false\.\s*/, "").replace(/\.$/, "");
}
