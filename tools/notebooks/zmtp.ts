/**
 * A client for ZeroMQ's wire protocol, as much of ZMTP 3.0 (RFC 23) as a Jupyter kernel on this
 * machine needs: the NULL mechanism, the socket types DEALER and SUB.
 */

const utf8 = new TextEncoder();

const flags = { more: 1, long: 2, command: 4 } as const;

interface Frame {
  readonly more: boolean;
  readonly command: boolean;
  readonly body: Uint8Array;
}

/** A connected socket. */
export class ZmtpSocket {
  readonly #connection: Deno.TcpConn;
  #buffer = new Uint8Array(0);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects to a port of this machine and shakes hands; a SUB socket subscribes to everything. */
  static async connect(
    port: number,
    type: "DEALER" | "SUB",
  ): Promise<ZmtpSocket> {
    const socket = new ZmtpSocket(
      await Deno.connect({ hostname: "127.0.0.1", port }),
    );
    await socket.#write(greeting());
    await socket.#read(64);
    await socket.#writeFrame(flags.command, readyCommand(type));
    await socket.#readFrame();
    if (type === "SUB") await socket.#writeFrame(0, Uint8Array.of(1));
    return socket;
  }

  /** Sends a message of several parts. */
  async send(parts: readonly (string | Uint8Array)[]): Promise<void> {
    for (const [i, part] of parts.entries()) {
      const more = i < parts.length - 1 ? flags.more : 0;
      const body = typeof part === "string" ? utf8.encode(part) : part;
      await this.#writeFrame(more, body);
    }
  }

  /** The next message, part by part. */
  async receive(): Promise<Uint8Array[]> {
    const parts: Uint8Array[] = [];
    for (;;) {
      const { more, command, body } = await this.#readFrame();
      if (command) continue;
      parts.push(body);
      if (!more) return parts;
    }
  }

  /** Closes the connection; a pending {@linkcode ZmtpSocket.receive} rejects. */
  close(): void {
    this.#connection.close();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  async #read(length: number): Promise<Uint8Array> {
    const chunk = new Uint8Array(1 << 16);
    while (this.#buffer.length < length) {
      const count = await this.#connection.read(chunk);
      if (count === null) throw new Error("The kernel closed the connection");
      const joined = new Uint8Array(this.#buffer.length + count);
      joined.set(this.#buffer);
      joined.set(chunk.subarray(0, count), this.#buffer.length);
      this.#buffer = joined;
    }
    const bytes = this.#buffer.slice(0, length);
    this.#buffer = this.#buffer.subarray(length);
    return bytes;
  }

  async #writeFrame(flag: number, body: Uint8Array): Promise<void> {
    const long = body.length > 255;
    const head = new Uint8Array(long ? 9 : 2);
    head[0] = flag | (long ? flags.long : 0);
    if (long) new DataView(head.buffer).setBigUint64(1, BigInt(body.length));
    else head[1] = body.length;
    const frame = new Uint8Array(head.length + body.length);
    frame.set(head);
    frame.set(body, head.length);
    await this.#write(frame);
  }

  async #readFrame(): Promise<Frame> {
    const flag = (await this.#read(1))[0]!;
    const length = flag & flags.long
      ? Number(new DataView((await this.#read(8)).buffer).getBigUint64(0))
      : (await this.#read(1))[0]!;
    return {
      more: (flag & flags.more) !== 0,
      command: (flag & flags.command) !== 0,
      body: await this.#read(length),
    };
  }
}

function greeting(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3; // version 3.0
  bytes.set(utf8.encode("NULL"), 12);
  return bytes;
}

function readyCommand(type: string): Uint8Array {
  return Uint8Array.from([
    5,
    ...utf8.encode("READY"),
    ...property("Socket-Type", type),
    ...property("Identity", ""),
  ]);
}

function property(name: string, value: string): number[] {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, value.length);
  return [name.length, ...utf8.encode(name), ...length, ...utf8.encode(value)];
}
