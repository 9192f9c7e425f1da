import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../lib/core/command/usage.ts";
import { methodOption } from "../../../../lib/pipeline/options/method_flags.ts";

const read = (...given: string[]) =>
  methodOption.read(given, "Option --method");

Deno.test("settings of adapters are typed as NAME:OPTION=VALUE", () => {
  assertEquals(
    read(
      "gligen:schedule=0.3/0/0.7",
      "style-aligned:shift=0.7,adain.v=true,adain.q=false",
      "migc:steps=20",
      "migc:fuserSteps=50",
    ),
    {
      gligen: { schedule: [0.3, 0, 0.7] },
      "style-aligned": { shift: 0.7, adain: { v: true, q: false } },
      migc: { steps: 20, fuserSteps: 50 },
    },
  );
});

Deno.test("settings that do not exist or are out of range are bad usage", () => {
  for (
    const [given, message] of [
      ["gligen", "takes NAME:OPTION=VALUE"],
      ["gligen:beta", 'got "beta" in "gligen:beta"'],
      ["gligan:beta=1", 'did you mean "gligen"?'],
      ["gligen:betta=1", 'did you mean "beta"?'],
      ["gligen:beta=2", "it must be a number from 0 to 1"],
      ["gligen:beta=much", "must be a number from 0 to 1"],
      ["__proto__:beta=1", "is not known"],
    ] as const
  ) {
    assertThrows(() => read(given), UsageError, message);
  }
});
