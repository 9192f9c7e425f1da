import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { layerPattern } from "../../../../lib/weights/lora/layer_pattern.ts";

const layer = "down_blocks.0.attentions.1.transformer_blocks.0.attn2.to_k";

Deno.test("a pattern fits a layer's name, or its end after a dot", () => {
  const cases: [string, boolean][] = [
    [layer, true],
    ["attn2.to_k", true],
    ["to_k", true],
    ["o_k", false],
    ["attn2", false],
    ["attn2.to_(k|v)", true],
    ["attn2.to_[qk]", true],
    ["^down_blocks.*to_k", true],
    ["^attn2.to_k", false],
    ["to_k$", true],
    [String.raw`down_blocks\.\d+\..*\.to_k`, true],
    [String.raw`(?:up|down)_blocks\..+`, true],
    [String.raw`down_blocks\.0\..*attn1.*`, false],
    ["at{2}n2.to_k", true],
    ["at{3,}n2.to_k", false],
  ];
  for (const [pattern, fits] of cases) {
    assertEquals(layerPattern(pattern)?.(layer), fits, pattern);
  }
});

Deno.test("a pattern fits as the same regular expression does", () => {
  const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^b]", "\\.", "\\w");
  const mark = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,}", "*?");
  const { pattern } = fc.letrec<{ pattern: string; group: string }>((tie) => ({
    group: fc.tuple(
      fc.oneof(
        { maxDepth: 2 },
        atom,
        tie("pattern").map((one) => `(${one})`),
      ),
      mark,
    ).map(([one, mark]) => one + mark),
    pattern: fc.array(
      fc.array(tie("group"), { minLength: 1, maxLength: 3 })
        .map((all) => all.join("")),
      { minLength: 1, maxLength: 2 },
    ).map((all) => all.join("|")),
  }));
  const name = fc.string({
    unit: fc.constantFrom("a", "b", "."),
    maxLength: 7,
  });
  fc.assert(fc.property(pattern, name, (pattern, name) => {
    const expected = new RegExp(`^(.*\\.)?(${pattern})$`).test(name);
    assertEquals(layerPattern(pattern)!(name), expected, `${pattern} ${name}`);
  }));
});

Deno.test("a pattern on which backtracking would not end takes no time", () => {
  const fits = layerPattern("(a*)*(a|a)+(.*.*.*.*)*b")!;
  const from = performance.now();
  assertEquals(fits("a".repeat(200)), false);
  assert(performance.now() - from < 5_000);
});

Deno.test("a pattern of a syntax that is not read is none", () => {
  for (
    const one of ["(?=a)", "(a", "a)", "*a", "a**", "[a", "a\\1", "a{999}"]
  ) {
    assertEquals(layerPattern(one), undefined, one);
  }
});
