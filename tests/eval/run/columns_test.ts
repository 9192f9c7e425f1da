import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../lib/core/command/usage.ts";
import { chooseColumns, modelLabel } from "../../../eval/run/columns.ts";

Deno.test("rows are named for the model and for what of it is switched on", () => {
  assertEquals(chooseColumns({ model: "mugs" }).map(({ name }) => name), [
    "real pictures",
    "silhouettes",
    "mugs, CI only",
    "mugs, CI + GRG",
    "mugs, CI + GRG + IAF",
    "mugs",
    "mugs, no references",
  ]);
});

for (
  const [model, adapter, label] of [
    ["pocket", undefined, "pocket"],
    ["runs/mugs/", undefined, "mugs"],
    ["org/model", undefined, "model"],
    ["org/model", "C:\\runs\\mugs.safetensors", "mugs"],
    ["org/model", "runs/mugs/locref.safetensors", "mugs"],
    ["org/model", "locref.safetensors", "locref"],
    ["/", undefined, "the model"],
  ] as const
) {
  Deno.test(`a model ${model} with the adapter ${adapter} is called ${label}`, () => {
    assertEquals(modelLabel(model, adapter), label);
  });
}

Deno.test("a column that is none is refused with the one that was meant", () => {
  assertThrows(
    () => chooseColumns({ ids: "gr" }),
    UsageError,
    '"gr", did you mean "grg"?',
  );
});

Deno.test("systems are columns by their names, in the order that is given", () => {
  const gligen = { name: "gligen", adapters: ["a.safetensors"], parts: {} };
  const chosen = chooseColumns({
    ids: "gligen, is,bounded-attention,locref",
    runners: [gligen],
  });
  assertEquals(
    chosen.map(({ id, runner, system }) => [id, runner?.adapters, system]),
    [
      ["truth", undefined, undefined],
      ["silhouettes", undefined, undefined],
      ["gligen", ["a.safetensors"], "gligen"],
      ["is", undefined, undefined],
      ["bounded-attention", ["bounded-attention"], "bounded-attention"],
      ["locref", undefined, "locref"],
    ],
  );
});

Deno.test("a runner by a name of its own may be of any system", () => {
  const mine = { name: "mine", adapters: ["a.safetensors"], parts: {} };
  const [, ...columns] = chooseColumns({ runners: [mine] });
  assertEquals(columns.length, 7);
  assertEquals(columns.at(-1), { id: "mine", name: "mine", runner: mine });
});
