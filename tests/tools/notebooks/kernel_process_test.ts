import { assertEquals, assertRejects } from "@std/assert";
import { end, patiently } from "../../../tools/notebooks/kernel_process.ts";

function start(code: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn();
}

Deno.test("nothing is tried again for a process that has ended", async () => {
  const process = start("");
  const refuse = () => Promise.reject(new RangeError("refused"));
  await assertRejects(() => patiently(process, refuse), RangeError, "refused");
  assertEquals((await process.status).code, 0);
});

Deno.test("a process that runs is ended, and one that has ended stays so", async () => {
  const process = start("setInterval(() => {}, 1000)");
  await end(process);
  assertEquals((await process.status).signal, "SIGKILL");
  await end(process);
});
