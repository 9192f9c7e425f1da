import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { compare } from "../../bench/compare.ts";
import type { Contender } from "../../bench/contender.ts";
import { keepPairs } from "../../bench/kept_pairs.ts";

/** A worker that speaks as `bench/workers/serve.ts` does, and leaves a line in a file for each run. */
function worker(name: string, seconds: number, log: string): Contender {
  const script = `console.log('{"ready":true}');
    for await (const _ of Deno.stdin.readable) {
      Deno.writeTextFileSync("${log}", "${name}\\n", { append: true });
      console.log(JSON.stringify({ seconds: ${seconds}, cpuSeconds: ${seconds} }));
    }`;
  const args = ["run", "-A", `data:text/javascript,${encodeURI(script)}`];
  return { name, command: [Deno.execPath(), ...args] };
}

async function inFolder(test: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a further group is held against its own first contender", () =>
  inFolder(async (folder) => {
    const log = join(folder, "log");
    const [a, b, c] = [["a", 4], ["b", 2], ["c", 8]].map(([name, seconds]) =>
      worker(String(name), Number(seconds), log)
    );
    const rows = await compare({
      ...{ name: "x", summary: "", rounds: 1, warmUp: false },
      contenders: [a!, b!],
      further: [c!, b!],
    });
    assertEquals(
      rows.map((row) => [row.contender, row.ratio, row.cpuRatio]),
      [["a", 1, undefined], ["b", 0.5, 0.5], ["c", 1, undefined], [
        "b",
        0.25,
        0.25,
      ]],
    );
    assertEquals(await Deno.readTextFile(log), "a\nb\nc\nb\n");
  }));

Deno.test("a pair that was kept does not run again", () =>
  inFolder(async (folder) => {
    const log = join(folder, "log"), file = join(folder, "kept.json");
    const [a, b, c] = ["a", "b", "c"].map((name) => worker(name, 2, log));
    const some = { name: "x", summary: "", rounds: 1, warmUp: false };
    const kept = await keepPairs(file, "this machine");
    const before = await compare({ ...some, contenders: [a!, b!] }, { kept });
    await Deno.writeTextFile(log, "");
    const after = await compare({ ...some, contenders: [a!, b!, c!] }, {
      kept: await keepPairs(file, "this machine"),
    });
    assertEquals(await Deno.readTextFile(log), "a\nc\n");
    assertEquals(after[1], before[1]);
    assertEquals(after.map(({ contender }) => contender), ["a", "b", "c"]);
  }));

Deno.test("a pair that was cut off goes on with the rounds that it lacks", () =>
  inFolder(async (folder) => {
    const log = join(folder, "log"), file = join(folder, "kept.json");
    const contenders = ["a", "b"].map((name) => worker(name, 2, log));
    const one = { name: "x", summary: "", warmUp: false, contenders };
    const kept = await keepPairs(file, "this machine");
    await compare({ ...one, rounds: 1 }, { kept });
    await Deno.writeTextFile(log, "");
    await compare({ ...one, rounds: 3 }, { kept });
    assertEquals(await Deno.readTextFile(log), "a\nb\na\nb\n");
    assertEquals(kept.get("x", "a", "b")?.runs.length, 3);
  }));

Deno.test("pairs of another machine are refused", () =>
  inFolder(async (folder) => {
    const file = join(folder, "kept.json");
    const pair = { runs: [], costs: [{}, {}] } as const;
    await (await keepPairs(file, "one machine")).add("x", "a", "b", pair);
    await assertRejects(
      () => keepPairs(file, "another machine"),
      RangeError,
      "holds pairs of another machine (one machine), this one is another machine",
    );
  }));
