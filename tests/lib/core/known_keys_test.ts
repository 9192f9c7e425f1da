import { assertEquals, assertThrows } from "@std/assert";
import {
  checkKeys,
  nearest,
  suggestion,
} from "../../../lib/core/known_keys.ts";

const known = ["scale", "seed", "steps", "guidanceInterval"];

Deno.test("known options pass, and so do no options", () => {
  checkKeys({ scale: 1, seed: undefined }, { of: "place", known });
  checkKeys(undefined, { of: "place", known });
});

Deno.test("a misspelt option is refused with the one that was meant", () => {
  assertThrows(
    () => checkKeys({ scael: 0.1 }, { of: "place", known }),
    TypeError,
    'Option "scael" of place is not known, did you mean "scale"?',
  );
});

Deno.test("an option under another library's name is refused with its name here", () => {
  assertThrows(
    () =>
      checkKeys({ num_inference_steps: 3 }, {
        of: "generate",
        known,
        elsewhere: { num_inference_steps: "steps" },
      }),
    TypeError,
    'Option "num_inference_steps" of generate is called "steps" here',
  );
});

Deno.test("options that are no object are refused", () => {
  for (const options of [7, "seed", null, [1]]) {
    assertThrows(
      () => checkKeys(options, { of: "generate", known }),
      TypeError,
      "Options of generate must be an object, got ",
    );
  }
});

Deno.test("case, hyphens and underscores do not count as differences", () => {
  assertEquals(nearest("guidance_interval", known), "guidanceInterval");
});

Deno.test("a name that shares no letter is no suggestion, and letters in another order are", () => {
  assertEquals(nearest("x", ["n"]), undefined);
  assertEquals(nearest("", ["n"]), undefined);
  assertEquals(nearest("iuo", ["iou", "clip"]), "iou");
});

Deno.test("a name unlike all known ones lists them", () => {
  assertEquals(
    suggestion("colour", known),
    ", known are scale, seed, steps, guidanceInterval",
  );
});
