import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { negativeWarnings } from "../../../lib/pipeline/negative_warnings.ts";
import { LocRef, scene } from "../../../mod.ts";

const both = { negative: "blurry", negativeTwo: "photo" };

Deno.test("negative captions that nothing reads are named, each with the reason", () => {
  const plain = { guidance: 1, embedded: false };
  assertEquals(negativeWarnings(both, plain), [
    "Negative caption has no effect, since guidance is 1: only guidance above 1 reads it",
    "Negative caption for the second text encoder has no effect, since guidance is 1: only guidance above 1 reads it",
  ]);
  assertEquals(
    negativeWarnings({ negative: "blurry" }, { guidance: 8, embedded: true }),
    [
      "Negative caption has no effect, since the model reads the guidance itself and needs no negative caption",
    ],
  );
  assertEquals(negativeWarnings({ negative: "", negativeTwo: "" }, plain), []);
  assertEquals(
    negativeWarnings(both, { guidance: 1.5, embedded: false }),
    [],
  );
});

Deno.test("a picture without guidance says that its negative captions have no effect", async () => {
  const tiny = fromFileUrl(
    new URL("../../goldens/sdxl-tiny", import.meta.url),
  );
  await using model = await LocRef.load(tiny, { backend: "onnx" });
  const doubts = async (guidance: number) => {
    const { warnings } = await scene(64, 64).caption("an apple").generate({
      ...{ model, steps: 1, seed: 0, guidance, negativeTwo: "photo" },
      size: { width: 64, height: 64 },
    });
    return warnings.filter((one) => one.includes("has no effect")).length;
  };
  assertEquals([await doubts(1), await doubts(2)], [1, 0]);
});
