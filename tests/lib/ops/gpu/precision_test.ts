import { assertEquals, assertThrows } from "@std/assert";
import { checkLoad } from "../../../../lib/pipeline/options/check_load_options.ts";
import { meantPrecision } from "../../../../lib/ops/gpu/precision.ts";

const meant = {
  fp16: "float16",
  F16: "float16",
  half: "float16",
  "float-16": "float16",
  fp32: "float32",
  floot32: "float32",
};
for (const [given, name] of Object.entries(meant)) {
  Deno.test(`precision "${given}" stands for "${name}"`, () => {
    assertEquals(meantPrecision(given), name);
    assertThrows(
      () => checkLoad("pocket", { precision: given as "float16" }),
      RangeError,
      `did you mean "${name}"?`,
    );
  });
}

Deno.test("a precision that resembles none is refused without a guess", () => {
  for (const given of ["", "int4", "toString"]) {
    assertEquals(meantPrecision(given), undefined);
  }
});
