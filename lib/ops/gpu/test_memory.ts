/** Memory of self-tests: a file of the cache folder for each device, adapter and driver. */

import { readFile } from "node:fs/promises";
import * as v from "valibot";
import { writeFileAtomically } from "../../core/files/write_file.ts";
import type { SelfTest } from "./self_test.ts";

/** Layout of remembered tests, and of the tests themselves. */
const version = 3;

/** Milliseconds after which a test that did not end has ended its process. */
const longestTest = 120_000;

/** A test of a device: done, under way, or one that ended its process. */
export type RememberedTest =
  | { readonly found: SelfTest }
  | { readonly state: "running" | "ended" };

const milliseconds = v.pipe(v.number(), v.minValue(0));

const foundSchema = v.pipe(
  v.object({
    failure: v.optional(v.string()),
    attention: v.optional(v.picklist(["fused", "plain", "tiled"])),
    product: v.optional(v.object({ side: milliseconds, ms: milliseconds })),
    software: v.optional(v.boolean()),
    speed: v.optional(v.object({ device: milliseconds, cpu: milliseconds })),
  }),
  // a verdict needs one of these
  v.check(({ failure, product, software, speed }) =>
    failure !== undefined || software === true && product !== undefined ||
    speed !== undefined
  ),
);

const recordSchema = v.object({
  version: v.literal(version),
  began: v.optional(v.number()),
  found: v.optional(foundSchema),
});

/** The test that a file remembers, or `undefined` where it is missing, damaged or not to be read. */
export async function recallTest(
  file: string,
): Promise<RememberedTest | undefined> {
  let record;
  try {
    record = v.parse(recordSchema, JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined; // it is tested again
  }
  const { began, found } = record;
  if (found !== undefined) return { found: found as SelfTest };
  if (began === undefined) return undefined;
  const age = Date.now() - began; // negative where the clock was set back
  return { state: age >= 0 && age <= longestTest ? "running" : "ended" };
}

/** Notes that a test begins. @returns Whether it could be written. */
export async function rememberBegin(file: string): Promise<boolean> {
  return await write(file, { began: Date.now() });
}

/** Notes the findings of a test. @returns Whether they could be written. */
export async function rememberFound(
  file: string,
  found: SelfTest,
): Promise<boolean> {
  return await write(file, { found });
}

async function write(file: string, record: object): Promise<boolean> {
  try {
    const text = JSON.stringify({ version, ...record }, null, 2);
    await writeFileAtomically(file, `${text}\n`);
    return true;
  } catch {
    return false;
  }
}
