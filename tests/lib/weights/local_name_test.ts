import { assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../lib/core/error.ts";
import { refuseLocalName } from "../../../lib/weights/local_name.ts";

const refused = (name: string) =>
  assertThrows(() => refuseLocalName(name, "file"), LocRefError).message;

Deno.test("a missing path below a folder of this machine is no name of the hub", () => {
  assertEquals(
    refused("tests/mine/adapter.safetensors"),
    'There is no file "tests/mine/adapter.safetensors": names below "tests" are of this machine, and a repository on the hub is written "tests/mine@main:adapter.safetensors"',
  );
});

Deno.test("folders that this package writes to are of this machine before they are made", () => {
  for (const name of ["runs/mine", "out/model", "models/pocket"]) {
    assertEquals(refused(name).startsWith(`There is no file "${name}"`), true);
  }
});

Deno.test("names of the hub pass, and those with a revision whatever lies here", () => {
  refuseLocalName("org/repo", "file");
  refuseLocalName("org/repo/file.safetensors", "file");
  refuseLocalName("tests/mine@main:adapter.safetensors", "file");
  refuseLocalName("runs", "file");
});
