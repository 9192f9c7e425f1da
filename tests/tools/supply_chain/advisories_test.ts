import { assert, assertEquals } from "@std/assert";
import { readAudit } from "../../../tools/supply_chain/advisories.ts";
import { inferencePackages } from "../../../tools/supply_chain/inference.ts";
import {
  packagesReached,
  readLock,
  splitKey,
} from "../../../tools/supply_chain/lock.ts";

const lock = await readLock();

const advisory = (name: string) =>
  `╭ A title
│ Severity:   high
│ Package:    ${name}
│ Vulnerable: <7.5.3
╰ Info:       https://example.com
`;

Deno.test("old packages of TensorFlow.js are no part of what pictures are made with", () => {
  const names = [...packagesReached(lock, inferencePackages)].map((key) =>
    splitKey(key).name
  );
  assert(names.includes("onnxruntime-common"));
  for (const old of ["tar", "rimraf", "glob", "@mapbox/node-pre-gyp"]) {
    assert(!names.includes(old), old);
  }
  assertEquals(names.filter((name) => name.startsWith("@tensorflow/")), []);
});

Deno.test("advisories are told apart by what their packages are used for", () => {
  const output = advisory("tar") + advisory("sharp") + advisory("semver");
  assertEquals(readAudit(output, lock, inferencePackages), {
    inference: ["semver", "sharp"],
    others: ["tar"],
  });
  assertEquals(readAudit("", lock, inferencePackages), {
    inference: [],
    others: [],
  });
});

Deno.test("a registry without advisories is the reason that an audit is left out", () => {
  const reason = "Failed to get data from the registry: error sending request";
  const { skipped } = readAudit(`${reason}\n`, lock, inferencePackages);
  assertEquals(skipped, reason);
});

Deno.test("packages are pinned exactly", async () => {
  const { imports } = JSON.parse(
    await Deno.readTextFile(new URL("../../../deno.json", import.meta.url)),
  );
  for (const target of Object.values<string>(imports)) {
    if (!/^(npm|jsr):/.test(target)) continue; // the package's own entry points
    assert(
      /^(npm|jsr):\/?(@[^/]+\/)?[^@/]+@\d+\.\d+\.\d+(\/.*)?$/.test(target),
      target,
    );
  }
});
