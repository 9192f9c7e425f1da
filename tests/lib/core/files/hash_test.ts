import { assert, assertEquals } from "@std/assert";
import {
  hashFraction,
  sha256,
  sha256OfFile,
} from "../../../../lib/core/files/hash.ts";

/** SHA-256 of `abc`, from FIPS 180-2. */
const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

Deno.test("texts, bytes and files of the same content have the standard's SHA-256", async () => {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, "abc");
    assertEquals(sha256("abc"), abc);
    assertEquals(sha256(new TextEncoder().encode("abc")), abc);
    assertEquals(await sha256OfFile(path), abc);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("the fraction of a text lies in 0 … 1 and is the same every time", () => {
  for (const text of ["", "0:1", "0:2", "ü"]) {
    const fraction = hashFraction(text);
    assert(fraction >= 0 && fraction < 1, String(fraction));
    assertEquals(hashFraction(text), fraction);
  }
  assertEquals(hashFraction("abc"), 0xba7816bf8f01 / 2 ** 48);
});
