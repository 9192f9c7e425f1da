import { assert, assertEquals } from "@std/assert";
import {
  isAllowed,
  isLibvips,
  licencesOf,
} from "../../../tools/supply_chain/licences.ts";
import { readLock, splitKey } from "../../../tools/supply_chain/lock.ts";

Deno.test("every package of deno.lock has a licence that is allowed", async () => {
  const licences = await licencesOf(await readLock());
  const wrong = [...licences].filter(([key, licence]) =>
    licence === undefined || !isAllowed(splitKey(key).name, licence)
  );
  assertEquals(wrong, []);
});

Deno.test("LGPL is libvips alone, and CONTRIBUTING names it", async () => {
  const licences = await licencesOf(await readLock());
  const copyleft = [...licences].filter(([, licence]) =>
    /GPL/.test(licence ?? "")
  ).map(([key]) => splitKey(key).name);
  assert(copyleft.length > 0 && copyleft.every(isLibvips), copyleft.join());
  const text = await Deno.readTextFile(
    new URL("../../../CONTRIBUTING.md", import.meta.url),
  );
  assert(/libvips[^.]*LGPL-3\.0-or-later/s.test(text));
});

Deno.test("an expression is allowed if all of its AND, or one of its OR, is", () => {
  assert(isAllowed("a", "MIT"));
  assert(isAllowed("a", "(Apache-2.0 AND BSD-3-Clause)"));
  assert(isAllowed("a", "(MIT OR CC0-1.0)"));
  assert(!isAllowed("a", "GPL-3.0"));
  assert(!isAllowed("a", "MIT AND GPL-3.0"));
  assert(!isAllowed("a", "LGPL-3.0-or-later"));
  assert(!isAllowed("a", ""));
  assert(isAllowed("@img/sharp-libvips-linux-x64", "LGPL-3.0-or-later"));
});
