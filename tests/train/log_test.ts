import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { crc32c } from "../../train/log/crc32c.ts";
import { openProgressLine } from "../../lib/core/command/progress.ts";
import {
  showBeginning,
  showTraining,
  trainingProgressLine,
} from "../../train/log/progress_line.ts";
import { scalarsEvent, versionEvent } from "../../train/log/tfevents.ts";
import {
  eventsName,
  logName,
  readLog,
  TrainingLog,
} from "../../train/log/training_log.ts";
import { curvesSvg } from "../../train/log/plot.ts";
import { withTempDir } from "./temp_dir.ts";

Deno.test("CRC-32C agrees with the examples of RFC 3720", () => {
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(
    crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)),
    0x46dd794e,
  );
});

Deno.test("an event is a TFRecord of TensorFlow's Event message", () => {
  const record = scalarsEvent(7, 1.5, { loss: 0.25 });
  const view = new DataView(record.buffer);
  const length = Number(view.getBigUint64(0, true));
  assertEquals(length, record.length - 16);
  // wall_time = 1.5, step = 7, summary { value { tag "loss", simple_value 0.25 } }
  const expected = [
    ...[0x09, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f],
    ...[0x10, 7],
    ...[0x2a, 13, 0x0a, 11, 0x0a, 4, 0x6c, 0x6f, 0x73, 0x73],
    ...[0x15, 0, 0, 0x80, 0x3e],
  ];
  assertEquals([...record.subarray(12, 12 + length)], expected);
});

Deno.test("the first record of an empty event file is the one TensorFlow writes", () => {
  // recorded: length 24, masked checksum of it, payload, masked checksum
  const record = versionEvent(0);
  assertEquals(record.length, 16 + 24);
  assertEquals(
    [...record.subarray(0, 12)],
    [24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22],
  );
});

Deno.test("a log forgets what was logged after the checkpoint, and a torn last line", async () => {
  await withTempDir(async (dir) => {
    const log = await TrainingLog.open(dir, 0);
    for (const step of [1, 2, 3]) log.write({ step, loss: 1 / step });
    log.close();
    const whole = await Deno.readFile(join(dir, eventsName));
    await Deno.writeTextFile(join(dir, logName), '{"step":4,"lo', {
      append: true,
    });
    const again = await TrainingLog.open(dir, 2);
    assertEquals((await readLog(dir)).map(({ step }) => step), [1, 2]);
    again.write({ step: 3, loss: 1 / 3 });
    again.close();
    assertEquals(await Deno.readFile(join(dir, eventsName)), whole);
  });
});

Deno.test("the progress line says step, loss, speed and time left", () => {
  const line = trainingProgressLine("unet", {
    step: 12,
    steps: 400,
    loss: 0.123456,
    samplesPerSecond: 15.26,
    secondsLeft: 3725,
  });
  assertEquals(
    line,
    "unet  step 12/400  loss 0.1235  15.3 samples/s  1 h 2 min left",
  );
});

Deno.test("training prints a whole line every 30 seconds where stderr is no terminal", () => {
  let clock = 0;
  const lines: string[] = [];
  const now = () => clock;
  const line = openProgressLine({
    terminal: false,
    now,
    write: (text) => lines.push(text),
  });
  for (let step = 1; step <= 10; step++) {
    clock += 7000;
    const loss = 1 / step, secondsLeft = 70 - 7 * step;
    const state = { step, steps: 10, loss, samplesPerSecond: 2, secondsLeft };
    showTraining(line, "unet", state, { now });
  }
  line.print("saved");
  line.end({ keep: true });
  assertEquals(lines, [
    "unet  step 5/10  loss 0.2000  2.00 samples/s  35 s left\n",
    "unet  step 10/10  loss 0.1000  2.00 samples/s  0 s left\n",
    "saved\n",
  ]);
});

Deno.test("the beginning of training and its first loss are printed at once", () => {
  const lines: string[] = [];
  const now = () => 0;
  const write = (text: string) => lines.push(text);
  const line = openProgressLine({ terminal: false, now, write });
  showBeginning(line, "unet", { backend: "onnx", compiles: true });
  showBeginning(line, "unet", { backend: "wasm" });
  const state = { steps: 9, loss: 1, samplesPerSecond: 2, secondsLeft: 8 };
  showTraining(line, "unet", { ...state, step: 1 }, { now, first: true });
  showTraining(line, "unet", { ...state, step: 2 }, { now });
  assertEquals(lines, [
    "unet  compiling the step for onnx…\n",
    "unet  first step on wasm…\n",
    "unet  step 1/9  loss 1.000  2.00 samples/s  8 s left\n",
  ]);
});

Deno.test("on a terminal the time left runs down, and messages stand above the line", () => {
  let clock = 0, text = "";
  const now = () => clock;
  const line = openProgressLine({
    terminal: true,
    now,
    write: (more) => text += more,
  });
  const state = { step: 1, steps: 9, loss: 1, samplesPerSecond: 2 };
  line.print("going on");
  showTraining(line, "unet", { ...state, secondsLeft: 40 }, { now });
  clock += 8000;
  line.print("saved");
  line.end({ keep: true });
  const shown = (left: number) =>
    `\r\x1b[2Kunet  step 1/9  loss 1.000  2.00 samples/s  ${left} s left`;
  assertEquals(
    text,
    `going on\n${shown(40)}\r\x1b[2Ksaved\n${shown(32)}${shown(32)}\n`,
  );
});

Deno.test("a plot shows every curve with its name and axis", () => {
  const points = [1, 2, 3].map((step) => ({ step, value: 1 / step }));
  const svg = curvesSvg([
    { name: "a<b", points },
    { name: "second", points },
  ], { label: "loss" });
  assert(svg.startsWith("<svg") && svg.endsWith("</svg>\n"));
  assert(svg.includes("a&lt;b") && svg.includes("second"));
  assertEquals(svg.match(/stroke-width="2"/g)?.length, 2);
});
