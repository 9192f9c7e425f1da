import { assert, assertEquals } from "@std/assert";
import {
  freeInContainer,
  freeMemory,
} from "../../../../lib/pipeline/programs/free_memory.ts";

Deno.test("memory that is free is known with permission alone", {
  permissions: { sys: ["systemMemoryInfo"] },
}, () => {
  const free = freeMemory()!;
  assert(free > 0 && free <= Deno.systemMemoryInfo().total);
});

Deno.test(
  "memory that is free is known where files may be read, those of the system or not",
  {
    permissions: { sys: ["systemMemoryInfo"], read: true },
  },
  () => {
    assert(freeMemory()! > 0);
  },
);

Deno.test("memory that is free is unknown without permission", {
  permissions: "none",
}, () => {
  assertEquals(freeMemory(), undefined);
});

Deno.test("a container's limit counts, less the pages that no file has, in both versions of control groups", () => {
  const files = (texts: Record<string, string>) => (path: string) =>
    texts[path.replace("/sys/fs/cgroup/", "")];
  const second = (max: string, stat = "anon 300\nfile 500\n") =>
    freeInContainer(files({ "memory.max": max, "memory.stat": stat }));
  assertEquals(second("1000\n"), 700);
  assertEquals(second("200\n"), 0);
  assertEquals(second("max\n"), Infinity);
  assertEquals(second("1000\n", "inactive_anon 300\n"), 1000);
  const first = files({
    "memory/memory.limit_in_bytes": "2000\n",
    "memory/memory.stat": "rss 1\ntotal_rss 400\n",
  });
  assertEquals(freeInContainer(first), 1600);
  assertEquals(freeInContainer(() => undefined), Infinity);
});
