import { assert, assertEquals } from "@std/assert";
import rules, { limits, longFiles } from "../../../tools/lint/house_rules.ts";

function found(source: string, file = "main.ts"): string[] {
  return Deno.lint.runPlugin(rules, file, source).map(({ id }) => id);
}

function lines(count: number): string {
  return "// a line\n".repeat(count);
}

function calls(count: number): string {
  return "g();\n".repeat(count);
}

Deno.test("a function over the limit is reported, one at the limit is not", () => {
  const fn = (count: number) => `function f() {\n${calls(count - 2)}}\n`;
  assertEquals(found(fn(limits.function)), []);
  assertEquals(found(fn(limits.function + 1)), ["house/function-length"]);
});

Deno.test("comments do not count for the length of a function", () => {
  const comments = lines(9) + "/*\n * more\n */\n" + lines(9);
  const fn = `function f() {\n${comments}${calls(limits.function - 2)}}\n`;
  assertEquals(found(fn), []);
});

Deno.test("lines of inner functions do not count for the outer one", () => {
  const inner = `const g = () => {\n${calls(limits.function - 10)}};\n`;
  assertEquals(found(`function f() {\n${inner}${inner}}\n`), []);
});

Deno.test("a long file is reported, a long test is not", () => {
  const source = lines(limits.file + 1);
  assertEquals(found(source), ["house/file-length"]);
  assertEquals(found(source, "main_test.ts"), []);
});

Deno.test("files that may be longer are, and are found by their whole path", async () => {
  const root = new URL("../../..", import.meta.url).pathname;
  for (const path of Object.keys(longFiles)) {
    const text = await Deno.readTextFile(root + path);
    const count = text.trimEnd().split("\n").length;
    assert(count > limits.file, `${path} has ${count} lines`);
    assertEquals(found(lines(limits.file + 1), root + path), []);
  }
  assertEquals(found(lines(limits.file + 1), `${root}lib/extend/mod.ts`), [
    "house/file-length",
  ]);
});

Deno.test("messages of errors begin with a capital letter and have no full stop", () => {
  assertEquals(found('throw new TypeError("A box is missing");'), []);
  assertEquals(found('throw new TypeError("a box is missing");'), [
    "house/error-message",
  ]);
  assertEquals(found('throw new LocRefError("x", `Box ${1} is missing.`);'), [
    "house/error-message",
  ]);
});

Deno.test("a file that passes on another is reported, a package's module is not", () => {
  assertEquals(found('export * from "./other.ts";'), ["house/no-barrel"]);
  assertEquals(found('export * from "sharp";'), []);
});

Deno.test("an exported symbol needs a doc comment", () => {
  assertEquals(found("export const a = 1;"), ["house/docs"]);
  assertEquals(found("/** A number. */\nexport const a = 1;"), []);
});

Deno.test("optional parameters do not count for the limit of parameters", () => {
  const fn = (list: string) => `/** F. */\nexport function f(${list}) {}`;
  assertEquals(found(fn("a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g?: 1")), []);
  assertEquals(found(fn("a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1")), [
    "house/parameters",
  ]);
});
