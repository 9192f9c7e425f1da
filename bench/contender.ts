import { watchProcess } from "./process_usage.ts";

/** One side of a comparison: a program that does the same work again and again on request. */
export interface Contender {
  readonly name: string;
  /** A worker that speaks as `workers/serve.ts` does; or with `once`, a program that is run anew each time. */
  readonly command: readonly string[];
  readonly once?: boolean;
  /** Whether it needs the Python environment of `deno task bench:setup`. @default {false} */
  readonly peer?: boolean;
}

/** What one run took. */
export interface Run {
  readonly seconds: number;
  /** Processor time of all threads, less disturbed by other programs than `seconds`. */
  readonly cpuSeconds?: number;
}

/** A contender that is ready to run. */
export interface RunningContender {
  /** From the start of the process until it could run, in seconds. */
  readonly startSeconds?: number;
  run(): Promise<Run>;
  /** The most memory that it held so far with all that it started, in bytes. */
  peak(): Promise<number | undefined>;
  /** Ends the process and returns the most memory that it ever held, in bytes. */
  stop(): Promise<number | undefined>;
}

/**
 * Starts a contender and waits until it can run.
 *
 * @throws {Error} with the last lines that it printed, if it ends instead.
 */
export function startContender(
  contender: Contender,
): Promise<RunningContender> {
  return contender.once
    ? Promise.resolve(runAnew(contender))
    : start(contender);
}

async function start(contender: Contender): Promise<RunningContender> {
  const began = performance.now();
  const child = spawn(contender, { stdin: "piped" });
  const errors = lastLines(child.stderr);
  const input = child.stdin.getWriter();
  const messages = jsonLines(child.stdout);
  const next = async () => {
    const { value, done } = await messages.next();
    if (done) throw new Error(`${contender.name} ended: ${await errors}`);
    return value;
  };
  while (!("ready" in await next())) { /* libraries may print before */ }
  const startSeconds = (performance.now() - began) / 1000;
  const watch = watchProcess(child.pid, 200);
  const peak = async () => (await watch.read())?.peakBytes;
  return {
    startSeconds,
    peak,
    async run() {
      await input.write(new TextEncoder().encode("run\n"));
      for (;;) {
        const message = await next();
        if ("seconds" in message) return message as unknown as Run;
      }
    },
    async stop() {
      const held = await peak();
      watch.end();
      await input.close();
      for await (const _ of messages) { /* let it end */ }
      await child.status;
      return held;
    },
  };
}

/** A program whose run is a whole process. */
function runAnew(contender: Contender): RunningContender {
  let peak: number | undefined;
  return {
    async run() {
      const began = performance.now();
      const child = spawn(contender, { stdin: "null" });
      const watch = watchProcess(child.pid);
      const errors = lastLines(child.stderr);
      for await (const _ of child.stdout) { /* drain */ }
      const { success } = await child.status;
      const seconds = (performance.now() - began) / 1000;
      const usage = watch.end();
      if (!success) {
        throw new Error(`${contender.name} failed: ${await errors}`);
      }
      peak = Math.max(peak ?? 0, usage?.peakBytes ?? 0) || undefined;
      return { seconds, cpuSeconds: usage?.cpuSeconds };
    },
    peak: () => Promise.resolve(peak),
    stop: () => Promise.resolve(peak),
  };
}

function spawn(
  { command: [program, ...args] }: Contender,
  { stdin }: { stdin: "piped" | "null" },
): Deno.ChildProcess {
  return new Deno.Command(program!, {
    args,
    stdin,
    stdout: "piped",
    stderr: "piped",
    env: { PYTHONWARNINGS: "ignore", TOKENIZERS_PARALLELISM: "false" },
  }).spawn();
}

async function* jsonLines(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<Record<string, unknown>> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      const line = text.slice(0, end);
      if (line.startsWith("{")) yield JSON.parse(line);
    }
  }
}

async function lastLines(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text = (text + chunk).slice(-2000);
  }
  return text.trim().split("\n").slice(-12).join("\n");
}
