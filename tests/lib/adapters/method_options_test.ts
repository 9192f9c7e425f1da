import { assertEquals, assertThrows } from "@std/assert";
import { adapterFormats } from "../../../lib/adapters/adapter_formats.ts";
import {
  methodNames,
  methodOptions,
} from "../../../lib/adapters/method_options.ts";
import { checkValue } from "../../../lib/core/check_options.ts";
import { number } from "../../../lib/core/kinds.ts";

adapterFormats.add({
  name: "Own",
  settings: { own: { ...number({ max: 3 }), must: "at most 3" } },
  matches: () => false,
  open: () => {
    throw new Error("It opens nothing");
  },
});

const check = (value: unknown) =>
  checkValue(value, methodOptions, { name: "Option methods" });

Deno.test("settings of an added adapter are known beside those of this package", () => {
  assertEquals(
    [...methodNames()].filter((name) => /^(own|gligen|style)/.test(name)),
    ["gligen", "style-aligned", "own"],
  );
  check({ own: 2, gligen: { beta: 0.5 } });
});

Deno.test("settings of an added adapter are checked by its kind", () => {
  assertThrows(() => check({ own: 4 }), RangeError, "at most 3");
  assertThrows(() => check({ onw: 2 }), TypeError, 'did you mean "own"');
});
