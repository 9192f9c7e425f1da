import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../../../lib/core/command/usage.ts";
import { runnerOption } from "../../../../eval/run/runners/runner_option.ts";

const read = (...given: string[]) => runnerOption.read(given, "")!;

Deno.test("a runner is a name, a file, and options of its own", () => {
  assertEquals(read("gligen=a/b.safetensors"), [
    { name: "gligen", adapters: ["a/b.safetensors"], parts: {} },
  ]);
  const given =
    "both=a.safetensors,adapter=b.safetensors,imageEncoder=c=d,model=org/m,steps=4,guidance=1.5";
  assertEquals(read(given), [{
    name: "both",
    adapters: ["a.safetensors", "b.safetensors"],
    model: "org/m",
    parts: { imageEncoder: "c=d" },
    steps: 4,
    guidance: 1.5,
  }]);
});

for (
  const [given, message] of [
    ["gligen", 'takes NAME=FILE[,OPTION=VALUE…], got "gligen"'],
    ["=file", "takes NAME=FILE"],
    ["a b=file", "takes NAME=FILE"],
    ["a=", "takes NAME=FILE"],
    ["a=f,image-encodr=e", 'did you mean "imageEncoder"?'],
    ["a=f,g", 'does not know "g"'],
    ["a=f,vae", 'got "vae" in "a=f,vae"'],
    ["a=f,vae=", 'got "vae=" in "a=f,vae="'],
    ["a=f,vae=x,vae=y", "has vae twice"],
    ["a=f,steps=0", 'takes as steps a whole number from 1 to 1000, got "0"'],
    ["a=f,guidance=x", 'got "x"'],
  ] as const
) {
  Deno.test(`a runner ${given} is refused`, () => {
    assertThrows(() => read(given), UsageError, message);
  });
}
