/** Mistakes of callers, and the sentence that each gets. */

import { assert, assertEquals } from "@std/assert";
import { LocRefError } from "../lib/core/error.ts";
import { Picture } from "../lib/pipeline/picture.ts";
import type { Provenance } from "../lib/pipeline/provenance/provenance.ts";
import { box, LocRef, scene } from "../mod.ts";

/** A value that its type does not allow. */
// deno-lint-ignore no-explicit-any
export type Any = any;

export const whole = box.fraction(0, 0, 1, 1);
export const begin = () => scene(64, 64).caption("a star");
export const one = () => begin().place("examples/assets/star.png", whole);
export const picture = new Picture(
  { width: 1, height: 1, data: new Uint8Array(4) },
  { scene: one().toJSON() } as Provenance,
);

/** A mistake, and the sentence that it gets. */
export type Row = readonly [mistake: () => unknown, sentence: string];

/** The error of a mistake. */
export async function sentenceOf(mistake: () => unknown): Promise<Error> {
  try {
    await mistake();
  } catch (error) {
    assert(error instanceof Error);
    return error;
  }
  throw new Error(`Nothing was said about ${mistake}`);
}

/** A test of several mistakes. */
export function holds(about: string, rows: readonly Row[]): void {
  Deno.test(`one sentence for each mistake: ${about}`, async () => {
    for (const [mistake, sentence] of rows) {
      const error = await sentenceOf(mistake);
      assertEquals(error.message, sentence, String(mistake));
      assert(
        error instanceof TypeError || error instanceof RangeError ||
          error instanceof LocRefError,
        `${mistake}: ${error.name}`,
      );
      assert(!/undefined|\n|\.$/.test(error.message), error.message);
    }
  });
}

export const generate = (options: Any) => () => one().generate(options);
export const place = (options: Any) => () =>
  begin().place("a.png", whole, options);
export const placeBox = (given: Any) => () => begin().place("a.png", given);
export const placeReference = (given: Any) => () => begin().place(given, whole);
export const load = (options: Any) => () => LocRef.load("pocket", options);
