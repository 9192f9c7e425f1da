import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  formatBytes,
  formatSeconds,
  progressLine,
  startProgress,
} from "../../../../lib/core/command/progress.ts";

Deno.test("a progress line says how much is done, how fast and what is left", () => {
  assertEquals(
    progressLine("denoise", 12, 3, { total: 24 }),
    "denoise ━━━━━━━━━━━━──────────── 12/24 steps  4.0/s  3 s left",
  );
  assertStringIncludes(
    progressLine("fetch", 5e6, 1, { total: 1e7, unit: "bytes" }),
    "5.00 MB/10.0 MB",
  );
  assertStringIncludes(progressLine("train", 1, 4), "4.0 s each");
});

Deno.test("a progress line appears only after its delay and only where enabled", () => {
  let clock = 0;
  let text = "";
  const options = {
    now: () => clock,
    write: (s: string) => text += s,
    total: 10,
    terminal: true,
  };
  const line = startProgress("work", { ...options, enabled: true });
  line.update(1);
  assertEquals(text, "");
  clock = 2500;
  line.update(2, "loss 0.1");
  assertStringIncludes(text, "2/10 steps");
  assertStringIncludes(text, "loss 0.1");
  line.end();
  assertEquals(text.endsWith("\r\x1b[2K"), true);
  text = "";
  const silent = startProgress("work", { ...options, enabled: false });
  clock = 9000;
  silent.update(3);
  silent.end();
  assertEquals(text, "");
});

Deno.test("where stderr is no terminal a whole line comes every 30 seconds", () => {
  let clock = 0;
  const lines: string[] = [];
  const line = startProgress("work", {
    now: () => clock,
    write: (text) => lines.push(text),
    total: 100,
    terminal: false,
  });
  for (clock = 0; clock <= 90_000; clock += 1000) line.update(clock / 1000);
  line.end();
  assertEquals(
    lines.map((text) => text.replace(/^.*━*─* (\d+\/\d+).*\n$/, "$1")),
    [
      ...["30/100", "60/100", "90/100"],
    ],
  );
  assertEquals(lines.some((text) => text.includes("\x1b")), false);
});

Deno.test("quick work prints nothing into a log", () => {
  let text = "";
  const line = startProgress("work", {
    now: () => 29_999,
    write: (more) => text += more,
    terminal: false,
  });
  line.update(3);
  line.end();
  assertEquals(text, "");
});

Deno.test("bytes and seconds are written for people", () => {
  assertEquals([999, 1000, 1_234_567].map(formatBytes), [
    "999 B",
    "1.00 kB",
    "1.23 MB",
  ]);
  assertEquals([8, 200, 7500].map(formatSeconds), [
    "8 s",
    "3 min 20 s",
    "2 h 5 min",
  ]);
});
