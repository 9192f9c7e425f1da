import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parsePythonJson } from "../../../../lib/core/files/parse_json.ts";

Deno.test("NaN and Infinity outside of texts are numbers, inside they are text", () => {
  assertEquals(
    parsePythonJson('{"a": [NaN, -Infinity,Infinity], "NaN": "NaN, \\"NaN"}'),
    { a: [NaN, -Infinity, Infinity], NaN: 'NaN, "NaN' },
  );
});

Deno.test("whole numbers above 2^53 keep their digits, beside NaN too", () => {
  assertEquals(parsePythonJson('[9007199254740993, NaN, 1e300, "7"]'), [
    ...["9007199254740993", NaN, 1e300, "7"],
  ]);
});

Deno.test("a byte order mark is passed over", () => {
  assertEquals(parsePythonJson("\ufeff[1]"), [1]);
});

for (const text of ["", "[NaN", "[NaNa]", "[1 NaN]", "[+NaN]", "[nan]"]) {
  Deno.test(`${JSON.stringify(text)} is no JSON of Python either`, () => {
    assertThrows(() => parsePythonJson(text), SyntaxError);
  });
}

Deno.test("every JSON that JSON.parse reads is read the same", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
    fc.pre(!/\d{16}/.test(JSON.stringify(value)));
    const text = JSON.stringify(value);
    assertEquals(parsePythonJson(text), JSON.parse(text));
    // numbers beside NaN take the other way
    const beside = parsePythonJson(`[NaN, ${text}]`) as unknown[];
    assertEquals(beside[1], JSON.parse(text));
  }));
});
