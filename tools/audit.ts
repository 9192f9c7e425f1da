/**
 * Looks for advisories about the packages of `deno.lock`:
 *
 *     deno run -A tools/audit.ts
 *
 * Exit code 1 where one of at least high severity is about a package that pictures are made with.
 * Where the registry's advisories cannot be reached, the reason is printed and the code is 0.
 */

import { readAudit } from "./supply_chain/advisories.ts";
import { inferencePackages } from "./supply_chain/inference.ts";
import { readLock } from "./supply_chain/lock.ts";

async function main(): Promise<number> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["audit", "--level=high", "--ignore-registry-errors"],
    cwd: new URL("../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const output = [stdout, stderr].map((one) => new TextDecoder().decode(one))
    .join("\n");
  const audit = readAudit(output, await readLock(), inferencePackages);
  const { skipped, inference, others } = audit;
  if (skipped !== undefined) console.error(`audit is left out: ${skipped}`);
  else if (!success && inference.length + others.length === 0) {
    console.error(`audit failed: ${output.trim()}`);
    return 1;
  }
  for (const name of others) {
    console.error(`audit: ${name} has advisories; no picture is made with it`);
  }
  for (const name of inference) {
    console.error(`audit: ${name} has advisories; \`deno audit\` prints them`);
  }
  return inference.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
