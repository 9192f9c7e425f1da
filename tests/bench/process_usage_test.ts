import { assert } from "@std/assert";
import { watchProcess } from "../../bench/process_usage.ts";

const held = 64 * 2 ** 20;

/** A program that holds so much memory, says so, and ends with its input. */
const holds = `const x = new Uint8Array(${held}).fill(1);
console.log(x.length); for await (const _ of Deno.stdin.readable) {}`;

/** Starts the same again twice, as mpirun starts ranks. */
const starts = `const start = () => new Deno.Command(Deno.execPath(), {
  args: ["eval", ${JSON.stringify(holds)}], stdin: "inherit", stdout: "inherit",
}).spawn();
await Promise.all([start(), start()].map(({ status }) => status));`;

Deno.test({
  name: "the peak of a process is the sum over all that it started",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", starts],
      ...{ stdin: "piped", stdout: "piped" },
    }).spawn();
    const watch = watchProcess(child.pid, 50);
    const lines = child.stdout.pipeThrough(new TextDecoderStream());
    let text = "";
    for await (const part of lines.values({ preventCancel: true })) {
      text += part;
      if (text.split("\n").length > 2) break;
    }
    const usage = await watch.read();
    watch.end();
    await child.stdin.close();
    await lines.cancel();
    await child.status;
    assert(usage!.peakBytes > 2 * held);
    assert(usage!.ownPeakBytes > 2 * held);
  },
});
