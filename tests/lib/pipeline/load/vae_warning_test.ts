import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { LocRef } from "../../../../lib/model/locref.ts";

const goldens = fromFileUrl(new URL("../../../goldens", import.meta.url));
const xl = `${goldens}/sdxl-tiny`, sd = `${goldens}/sd-tiny`;

async function warningsOf(model: string, vae?: string) {
  await using loaded = await LocRef.load(model, { vae, backend: "onnx" });
  return loaded.warnings.filter((one) => one.startsWith("VAE"));
}

Deno.test("a VAE of another family than the model's warns, one of its own does not", async () => {
  assertEquals(await warningsOf(xl, `${sd}/vae`), [
    `VAE "${sd}/vae" scales latents by 0.18215, as those of family "sd" do, but the model is of family "sdxl" (0.13025): colours and shapes come out wrong`,
  ]);
  assertEquals(await warningsOf(xl, `${xl}/vae`), []);
  assertEquals(await warningsOf(xl), []);
});
