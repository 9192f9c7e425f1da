/** Deno's Jupyter kernel, driven without Jupyter. */

import { ZmtpSocket } from "./zmtp.ts";
import { end, freePorts, patience, patiently, wait } from "./kernel_process.ts";
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
    const connection = {
      ip: "127.0.0.1",
      transport: "tcp",
      signature_scheme: "hmac-sha256",
      key: crypto.randomUUID(),
      ...freePorts(),
    };
    const file = await Deno.makeTempFile({ suffix: ".json" });
    try {
      await Deno.writeTextFile(file, JSON.stringify(connection));
      const process = new Deno.Command(Deno.execPath(), {
        args: ["jupyter", "--kernel", "--conn", file],
        cwd: folder,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      return await Kernel.#connect(process, connection);
    } finally {
      await Deno.remove(file);
    }
  }

  /** Connects to a process that starts; where that fails, the process ends. */
  static async #connect(
    process: Deno.ChildProcess,
    { key, shell_port, iopub_port }: {
      readonly key: string;
      readonly shell_port: number;
      readonly iopub_port: number;
    },
  ): Promise<Kernel> {
    const sockets: ZmtpSocket[] = [];
    const open = async (port: number, type: "DEALER" | "SUB") => {
      const socket = await patiently(
        process,
        () => ZmtpSocket.connect(port, type),
      );
      sockets.push(socket);
      return socket;
    };
    try {
      const shell = await open(shell_port, "DEALER");
      const iopub = await open(iopub_port, "SUB");
      const kernel = new Kernel(process, { shell, iopub }, await hmacKey(key));
      kernel.#listen();
      await kernel.#waitUntilHeard();
      return kernel;
    } catch (error) {
      for (const socket of sockets) socket.close();
      await end(process);
      throw error;
    }
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
    await end(this.#process);
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
    const fail = (how: string) => () =>
      heard.reject(new Error(`Deno's Jupyter kernel ${how}`));
    this.#process.status.then(fail("ended before it responded"));
    const timer = setTimeout(fail("did not respond in time"), patience);
    const asking = setInterval(
      () =>
        this.#send("kernel_info_request", crypto.randomUUID(), {})
          .catch(heard.reject),
      100,
    );
    try {
      await heard.promise;
    } finally {
      clearInterval(asking);
      clearTimeout(timer);
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
