import { assertEquals, assertRejects } from "@std/assert";
import type { Control } from "../../../../lib/adapters/controls/open_control.ts";
import { KnownControls } from "../../../../lib/pipeline/controls/known_controls.ts";

// stamps by hand: a file system may settle a file's time after it was written
const unchanged = () => Promise.resolve(0);

Deno.test("a control that cannot be opened leaves the numbers of the others as they are", async () => {
  const slow = Promise.withResolvers<Control>();
  const known = new KnownControls(
    (path) => path === "broken" ? slow.promise : Promise.resolve({} as Control),
    unchanged,
  );
  const broken = known.open("broken");
  const ids = [];
  for (const path of ["one", "two"]) ids.push((await known.open(path)).id);
  slow.reject(new Error("broken"));
  await assertRejects(() => broken, Error, "broken");
  for (const path of ["one", "two", "three"]) {
    ids.push((await known.open(path)).id);
  }
  assertEquals(ids.slice(0, 2), ids.slice(2, 4));
  assertEquals(new Set(ids).size, 3);
});

Deno.test("a control whose file was written anew is opened anew, under a number of its own", async () => {
  let opened = 0;
  let stamps = "first";
  const known = new KnownControls(() => {
    opened++;
    return Promise.resolve({} as Control);
  }, () => Promise.resolve(stamps));
  const first = await known.open("net.safetensors");
  assertEquals((await known.open("net.safetensors")).id, first.id);
  assertEquals(opened, 1);
  stamps = "second";
  const second = await known.open("net.safetensors");
  assertEquals([second.id === first.id, opened], [false, 2]);
});
