import { assertEquals, assertThrows } from "@std/assert";
import { editFlags, editsOfFlags } from "../../cli/edit_flags.ts";
import { readOptions } from "../../lib/core/command/read_options.ts";
import { UsageError } from "../../lib/core/command/usage.ts";

const edits = (...args: string[]) =>
  editsOfFlags(readOptions(editFlags, args) as never);

Deno.test("flags of editing become options of a run", () => {
  assertEquals(edits(), {});
  assertEquals(edits("--init", "a.png", "--strength", "0.5"), {
    init: { image: "a.png", strength: 0.5 },
  });
  assertEquals(edits("--inpaint", "a.png", "--instance", "0"), {
    inpaint: { image: "a.png", instance: 0 },
  });
  assertEquals(edits("--control", "net=p.png:0.5", "--canny"), {
    controls: [{ model: "net", image: "p.png", scale: 0.5, edges: "canny" }],
  });
});

Deno.test("a flag that would do nothing names the one that it goes with", () => {
  const wrong: [string[], string][] = [
    [["--mask", "m.png"], "--mask goes with --inpaint, which is missing"],
    [["--init", "a.png", "--mask", "m.png"], "--mask goes with --inpaint"],
    [["--init", "a.png", "--instance", "0"], "--instance goes with"],
    [["--init", "a.png", "--padding", "0"], "--padding goes with"],
    [["--init", "a.png", "--feather", "4"], "--feather goes with"],
    [["--strength", "0.5"], "--strength goes with --init or --inpaint"],
    [["--canny"], "--canny goes with --control"],
    [["--inpaint", "a.png"], "--inpaint needs --mask or --instance"],
  ];
  for (const [args, message] of wrong) {
    assertThrows(() => edits(...args), UsageError, message);
  }
});
