import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";

const root = fromFileUrl(new URL("../../..", import.meta.url));

Deno.test("pictures that are aborted and models that are freed under their runs leave the process and its pictures whole", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "bench/endurance/cli.ts"],
      ...["--backend", "onnx", "--pictures", "20"],
    ],
    cwd: root,
  }).output();
  const text = new TextDecoder();
  assertEquals(code, 0, text.decode(stderr));
  const runs = /(\d+) of (\d+) runs ended: picture/.exec(text.decode(stdout));
  assertEquals(runs?.[2], "25", text.decode(stdout));
});
