import { assertEquals, assertRejects } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { allReady, leastBusy, Thread } from "../../../train/threads/thread.ts";

const module = new URL("./wait_worker.ts", import.meta.url);

async function withThread(
  use: (thread: Thread<string, string>) => Promise<void>,
) {
  const thread = new Thread<string, string>(module, "open", "helper");
  try {
    await allReady([thread]);
    await use(thread);
  } finally {
    thread.close();
  }
}

Deno.test("each request gets its own result, in whatever order they end", async () => {
  await withThread(async (thread) => {
    const first = thread.request("first"), second = thread.request("second");
    assertEquals(thread.waiting, 2);
    assertEquals(
      await thread.request("release second"),
      "open: release second",
    );
    assertEquals(await second, "open: second");
    assertEquals(thread.waiting, 1);
    await thread.request("release first");
    assertEquals(await first, "open: first");
  });
});

Deno.test("an error of one request keeps its code, and the thread goes on", async () => {
  await withThread(async (thread) => {
    const error = await assertRejects(
      () => thread.request("wrong"),
      LocRefError,
      "Not this",
    );
    assertEquals((error as LocRefError).code, "file-invalid");
    const held = thread.request("held");
    await thread.request("release held");
    assertEquals(await held, "open: held");
  });
});

Deno.test("a thread that cannot be set up ends all, with its error", async () => {
  const threads = ["open", "broken"]
    .map((setup) => new Thread<string, string>(module, setup, "helper"));
  await assertRejects(() => allReady(threads), LocRefError, "Nothing to open");
});

Deno.test("a thread that ends fails what waits and what comes after", async () => {
  await withThread(async (thread) => {
    const waiting = thread.request("never");
    const crash = thread.request("crash");
    await assertRejects(() => waiting, Error, "A helper ended:");
    await assertRejects(() => crash, Error, "A helper ended:");
    await assertRejects(() => thread.request("late"), Error, "gone");
  });
});

Deno.test("a thread whose set-up nobody awaits fails its requests with the reason", async () => {
  const thread = new Thread<string, string>(module, "broken", "helper");
  try {
    await assertRejects(
      () => thread.request("first"),
      LocRefError,
      "Nothing to open",
    );
  } finally {
    thread.close();
  }
});

Deno.test("the least busy is the first of those with the fewest requests", () => {
  const threads = [{ waiting: 2 }, { waiting: 1, first: true }, { waiting: 1 }];
  assertEquals(leastBusy(threads), threads[1]);
});
