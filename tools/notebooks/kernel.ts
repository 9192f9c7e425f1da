/** Deno's Jupyter kernel, driven without Jupyter. */

import { ZmtpSocket } from "./zmtp.ts";
import {
  collect,
  type Message,
  type Output,
  parseMessage,
} from "./kernel_messages.ts";

const utf8 = new TextEncoder();

/** Outputs of a cell that ran. */
export interface CellResult {
  readonly outputs: Output[];
  readonly executionCount: number | null;
  /** The error's name and message, where there was one. */
  readonly error?: string;
}

/** Milliseconds that outputs may come late, after the kernel says that it is idle. */
const drain = 150;

/** A running kernel. */
export class Kernel {
  readonly #process: Deno.ChildProcess;
  readonly #shell: ZmtpSocket;
  readonly #key: CryptoKey;
  readonly #session = crypto.randomUUID();
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #iopub: ZmtpSocket;

  private constructor(
    process: Deno.ChildProcess,
    sockets: { shell: ZmtpSocket; iopub: ZmtpSocket },
    key: CryptoKey,
  ) {
    this.#process = process;
    this.#shell = sockets.shell;
    this.#iopub = sockets.iopub;
    this.#key = key;
  }

  /** Starts a kernel in `folder` and waits until it responds. A port may be taken meanwhile. */
  static async start(folder: string): Promise<Kernel> {
    for (let left = 2;; left--) {
      try {
        return await Kernel.#startOnce(folder);
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  static async #startOnce(folder: string): Promise<Kernel> {
    const secret = crypto.randomUUID();
    const connection = {
      ip: "127.0.0.1",
      transport: "tcp",
      signature_scheme: "hmac-sha256",
      key: secret,
      ...freePorts(),
    };
    const file = await Deno.makeTempFile({ suffix: ".json" });
    await Deno.writeTextFile(file, JSON.stringify(connection));
    const process = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", file],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const shell = await patiently(
      process,
      () => ZmtpSocket.connect(connection.shell_port, "DEALER"),
    );
    const iopub = await ZmtpSocket.connect(connection.iopub_port, "SUB");
    await Deno.remove(file);
    const kernel = new Kernel(process, { shell, iopub }, await hmacKey(secret));
    kernel.#listen();
    await kernel.#waitUntilHeard();
    return kernel;
  }

  /** Runs a cell to its end. */
  async execute(code: string, limit = 1_800_000): Promise<CellResult> {
    const outputs: Output[] = [];
    const places = new Map<string, number>();
    let executionCount: number | null = null;
    let error: string | undefined;
    const id = crypto.randomUUID();
    const idle = Promise.withResolvers<void>();
    const listener = ({ type, parent, content }: Message) => {
      if (parent !== id) return;
      if (type === "status" && content.execution_state === "idle") {
        idle.resolve();
      }
      if (type === "execute_input") executionCount = content.execution_count;
      if (type === "error") error = `${content.ename}: ${content.evalue}`;
      collect(outputs, places, type, content);
    };
    this.#listeners.add(listener);
    const timer = setTimeout(() => {
      error ??= `Timeout: the cell took over ${limit / 1000} s`;
      idle.resolve();
    }, limit);
    try {
      await this.#send("execute_request", id, {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      });
      await idle.promise;
      await wait(drain);
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    }
    return { outputs, executionCount, error };
  }

  /** Ends the kernel. */
  async stop(): Promise<void> {
    this.#shell.close();
    this.#iopub.close();
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // it has ended by itself
    }
    await this.#process.status;
  }

  /** Hands every message on iopub to the listeners, until the socket is closed. */
  async #listen(): Promise<void> {
    try {
      for (;;) {
        const message = parseMessage(await this.#iopub.receive());
        for (const listener of this.#listeners) listener(message);
      }
    } catch {
      // closed
    }
  }

  /** Sends requests until a response comes over iopub: before that, outputs would get lost. */
  async #waitUntilHeard(): Promise<void> {
    const heard = Promise.withResolvers<void>();
    const listener = () => heard.resolve();
    this.#listeners.add(listener);
    const asking = setInterval(
      () => this.#send("kernel_info_request", crypto.randomUUID(), {}),
      100,
    );
    try {
      await heard.promise;
    } finally {
      clearInterval(asking);
      this.#listeners.delete(listener);
    }
  }

  async #send(type: string, id: string, content: unknown): Promise<void> {
    const header = {
      msg_id: id,
      session: this.#session,
      username: "notebooks",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
    const signature = await crypto.subtle.sign(
      "HMAC",
      this.#key,
      utf8.encode(parts.join("")),
    );
    const hex = new Uint8Array(signature).toHex();
    await this.#shell.send(["<IDS|MSG>", hex, ...parts]);
  }
}

async function hmacKey(secret: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await crypto.subtle.importKey(
    "raw",
    utf8.encode(secret),
    algorithm,
    false,
    ["sign"],
  );
}

function freePorts(): Record<string, number> & {
  shell_port: number;
  iopub_port: number;
} {
  const names = [
    "shell_port",
    "iopub_port",
    "control_port",
    "stdin_port",
    "hb_port",
  ];
  const listeners = names.map(() =>
    Deno.listen({ hostname: "127.0.0.1", port: 0 })
  );
  const ports = listeners.map((listener) => listener.addr.port);
  for (const listener of listeners) listener.close();
  return Object.fromEntries(
    names.map((name, i) => [name, ports[i]!]),
  ) as ReturnType<typeof freePorts>;
}

/** Tries again until it works, for a minute and as long as the process lives. */
async function patiently<T>(
  process: Deno.ChildProcess,
  action: () => Promise<T>,
): Promise<T> {
  let ended = false;
  process.status.then(() => ended = true);
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (ended || performance.now() > end) {
        if (!ended) process.kill("SIGKILL");
        throw error;
      }
      await wait(50);
    }
  }
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
