import { assert, assertEquals } from "@std/assert";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** Cells of the lines of a page that begin a table's row. */
function rowsOf(page: string): string[][] {
  return page.split("\n").filter((line) => line.startsWith("|")).map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

/** A line of a log that measures held-out scenes. */
interface HeldOut {
  psnr?: number;
  inside: number;
  edges: number;
  foretold?: number[];
}

/** The last held-out line of the last log that a cell names; later names may leave out the folder. */
function lastHeldOut(cell: string): HeldOut | undefined {
  const path = cell.match(/`[^`]+`/g)!.map((one) => one.slice(1, -1)).reduce(
    (before, one) =>
      one.includes("/") ? one : before.replace(/[^/]*$/, () => one),
    "",
  );
  const files = path.endsWith(".jsonl")
    ? [path]
    : ["held_out.jsonl", "foretold.jsonl"].map((name) => `${path}/${name}`);
  return files.map((file) => new URL(`train/pocket/${file}`, root))
    .filter((file) => {
      try {
        return Deno.statSync(file).isFile;
      } catch {
        return false;
      }
    })
    .flatMap((file) => Deno.readTextFileSync(file).trim().split("\n"))
    .map((line): HeldOut => JSON.parse(line))
    .findLast(({ psnr, foretold }) => (psnr ?? foretold) !== undefined);
}

/** Numbers of a held-out line as the card rounds them. */
function rounded({ psnr, inside, edges, foretold }: HeldOut): string[] {
  return foretold === undefined
    ? [psnr!.toFixed(1), inside.toFixed(1), edges.toFixed(2)]
    : [Math.min(...foretold), Math.max(...foretold)].map((one) =>
      one.toFixed(2)
    );
}

Deno.test("held-out numbers of the card's stages are the last ones in the logs that it names", () => {
  const stages = rowsOf(read("models/pocket/README.md"))
    .filter((cells) => cells[5]?.includes("`") && /\d/.test(cells[4]!));
  assert(stages.length > 10);
  for (const [stage, , , , numbers, logs] of stages) {
    const measured = lastHeldOut(logs!);
    assert(measured !== undefined, `${stage}: no held-out line in ${logs}`);
    const wanted = rounded(measured);
    for (const number of numbers!.match(/\d+\.\d+/g) ?? []) {
      assert(wanted.includes(number), `${stage}: ${number} of ${wanted}`);
    }
  }
});

Deno.test("the table of controls is that of its log, without the intervals", () => {
  const results = "train/pocket/results";
  const rows = new Map(
    rowsOf(read(`${results}/README.md`))
      .filter((cells) => cells.length === 10 && /\d/.test(cells[1]!))
      .map(([name, ...values]) => [name, values]),
  );
  const logged = rowsOf(read(`${results}/model/controls.md`)).slice(2);
  assert(logged.length > 10);
  assertEquals([...rows.keys()], logged.map(([name]) => name));
  for (const [name, ...cells] of logged) {
    const values = cells.map((cell) => cell.replace(/ \(.*\)$/, ""));
    assertEquals(rows.get(name!), values, name);
  }
});

Deno.test("the table of the ablation is that of its log", () => {
  const table = read("train/pocket/results/pocket/table.md").trim();
  assert(table.includes("| silhouettes |"));
  assertEquals(rowsOf(table).length, 9);
  const rows = rowsOf(read("train/pocket/results/README.md"))
    .filter((cells) => cells.length === 8);
  assertEquals(rows, rowsOf(table));
});
