import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Base } from "../../../lib/bases/base.ts";
import type { BaseKind } from "../../../lib/bases/base_kind.ts";
import { baseKindOf, bases, knownModel } from "../../../lib/bases/bases.ts";
import { attentionSizes } from "../../../lib/bases/places.ts";
import { LocRefError } from "../../../lib/core/error.ts";

const parts = (...names: string[]) => (name: string) => names.includes(name);

Deno.test("a pipeline that no base runs is refused by name, with those that are run", () => {
  const value = { _class_name: "PixArtAlphaPipeline" };
  const { code, message } = assertThrows(
    () =>
      baseKindOf({
        path: "pixart",
        index: { value, file: "pixart/model_index.json" },
        has: parts("unet", "text_encoder"),
      }),
    LocRefError,
  );
  assertEquals(code, "config-invalid");
  for (const { pipelines: [usual] } of bases) {
    assert(message.includes(`"${usual}"`), message);
  }
  assert(message.includes('"PixArtAlphaPipeline"'), message);
  assert(message.includes("pixart/model_index.json"), message);
});

Deno.test("a model without an index is recognised by its parts", () => {
  const has = parts("unet", "vae", "text_encoder");
  assertEquals(baseKindOf({ path: "plain", has }).family, "sd");
  assertThrows(
    () => baseKindOf({ path: "dit", has: parts("transformer", "vae") }),
    LocRefError,
    '"dit"',
  );
});

Deno.test("a base that a program adds is asked before those of this package", () => {
  const [first] = bases;
  const added: BaseKind = {
    ...first!,
    family: "test-family",
    matches: ({ path }) => path === "only this",
    open: () => Promise.resolve({ family: "test-family" } as Base),
  };
  bases.add(added);
  const has = parts("unet", "vae", "text_encoder");
  assertEquals(baseKindOf({ path: "only this", has }).family, "test-family");
  assertEquals(baseKindOf({ path: "another", has }).family, "sd");
  assertThrows(() => bases.add(added), TypeError, '"test-family"');
  const half = { ...added, family: "half", open: undefined };
  assertThrows(
    () => bases.add(half as unknown as BaseKind),
    TypeError,
    "Option open of bases.add must be a function",
  );
});

Deno.test("a published model's sizes are known without its files", () => {
  const known = knownModel(({ name }) => name === "sd15")!;
  assertEquals(known.denoiser.textWidth, 768);
  const places = known.denoiser.places({ height: 64, width: 64 });
  assertEquals(attentionSizes(places).map(({ width }) => width), [
    64,
    32,
    16,
    8,
  ]);
  assertEquals(places.skips.length, 13);
});
