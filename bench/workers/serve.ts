/**
 * What a worker process says and hears: it prints `{"ready":true}` once it can run, then for every
 * line `run` on its input does one run and prints `{"seconds":…,"cpuSeconds":…}` with whatever the
 * run adds. The Python peers speak the same (`peers/serve.py`).
 */

import process from "node:process";

/** Serves `run` until the input ends. */
export async function serve(
  run: () => Promise<Record<string, unknown> | void>,
): Promise<void> {
  say({ ready: true });
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  let text = "";
  for await (const chunk of lines) {
    text += chunk;
    for (let end; (end = text.indexOf("\n")) >= 0; text = text.slice(end + 1)) {
      const start = performance.now(), before = process.cpuUsage();
      const more = await run() ?? {};
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      say({ seconds, cpuSeconds: (user + system) / 1e6, ...more });
    }
  }
}

/** Prints one message. */
export function say(message: Record<string, unknown>): void {
  console.log(JSON.stringify(message));
}
