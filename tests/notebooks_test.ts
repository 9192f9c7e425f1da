import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import type { Cell } from "../tools/notebooks/notebook.ts";
import { runNotebook } from "../tools/notebooks/run.ts";
import { type ShortCheckout, shortCheckout } from "./short_checkout.ts";

const home = new URL("../notebooks/", import.meta.url);
const names = [...Deno.readDirSync(home)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb")).sort();

Deno.test("there are five notebooks, committed with the outputs of their code", async () => {
  assertEquals(names.map((name) => name[0]), ["1", "2", "3", "4", "5"]);
  for (const name of names) {
    const { cells } = JSON.parse(
      await Deno.readTextFile(new URL(name, home)),
    ) as { cells: Cell[] };
    const code = cells.filter((cell) => cell.cell_type === "code");
    assert(
      code.every((cell) => typeof cell.execution_count === "number"),
      name,
    );
    const outputs = code.flatMap((cell) => cell.outputs ?? []);
    assert(outputs.length > 0, name);
    assert(outputs.every((output) => output.output_type !== "error"), name);
  }
});

/** A notebook as `deno fmt` formats it: from standard input, since with paths it calls each unformatted. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--ext", "ipynb", "-"],
    ...{ stdin: "piped", stdout: "piped" },
  }).spawn();
  const [{ stdout }] = await Promise.all([
    child.output(),
    new Blob([text]).stream().pipeTo(child.stdin),
  ]);
  return new TextDecoder().decode(stdout);
}

Deno.test("notebooks are formatted", async () => {
  for (const name of names) {
    const text = await Deno.readTextFile(new URL(name, home));
    assert(text === await formatted(text), name);
  }
  const [name] = names;
  const text = await Deno.readTextFile(new URL(name!, home));
  const spoilt = text.replace("const ", "const   ");
  assert(spoilt !== text && await formatted(spoilt) === text);
});

let checkout: ShortCheckout;
Deno.test.beforeAll(async () => {
  checkout = await shortCheckout(2);
});
Deno.test.afterAll(async () => await checkout[Symbol.asyncDispose]());

for (const name of names) {
  Deno.test(`notebook ${name} runs without an error`, async () => {
    const notebook = join(checkout.folder, "notebooks", name);
    assertEquals(await runNotebook(notebook, { check: true }), []);
  });
}
