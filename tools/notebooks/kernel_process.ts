/** The process of a kernel: its ports, its start and its end. */

/** Milliseconds that a kernel may take to open a port, and then to respond. */
export const patience = 60_000;

/** Ports of a kernel that nobody listens at. */
export function freePorts(): Record<string, number> & {
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

/** Ends a process, if it has not ended by itself. */
export async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGKILL");
  } catch {
    // it has ended
  }
  await process.status;
}

/** Tries again until it works, for a minute and as long as the process lives. */
export async function patiently<T>(
  process: Deno.ChildProcess,
  action: () => Promise<T>,
): Promise<T> {
  let ended = false;
  process.status.then(() => ended = true);
  const latest = performance.now() + patience;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (ended || performance.now() > latest) throw error;
      await wait(50);
    }
  }
}

/** Waits for a time. */
export function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
