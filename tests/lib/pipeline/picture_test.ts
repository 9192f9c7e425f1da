import { assertEquals } from "@std/assert";
import { Picture } from "../../../lib/pipeline/picture.ts";
import {
  type Provenance,
  provenanceKeyword,
} from "../../../lib/pipeline/provenance/provenance.ts";
import { decodeImage } from "../../../lib/images/decode.ts";
import { readPngText } from "../../../lib/images/png_text.ts";

/** Two pixels, a red one and a green one. */
const data = Uint8Array.from([200, 0, 0, 255, 0, 100, 0, 255]);
const provenance = {
  scene: { version: 1, width: 2, height: 1, caption: "", instances: [] },
  model: { name: "none", files: {} },
  size: { width: 2, height: 1 },
  references: [],
} as unknown as Provenance;
const picture = new Picture({ width: 2, height: 1, data }, provenance);

Deno.test("an enlarged picture has squares for pixels, or smooth edges, and says so", async () => {
  const squares = await decodeImage(
    await picture.encode({ scale: 4, enlarge: "nearest" }),
  );
  assertEquals([squares.width, squares.height], [8, 4]);
  const row = [...squares.data.subarray(0, 8 * 4)].filter((_, i) =>
    i % 4 === 0
  );
  assertEquals(row, [200, 200, 200, 200, 0, 0, 0, 0]);
  const png = await picture.encode({ scale: 4 });
  const smooth = await decodeImage(png);
  const reds = new Set([...smooth.data].filter((_, i) => i % 4 === 0));
  assertEquals(reds.size > 2, true);
  const told = JSON.parse(readPngText(png, provenanceKeyword)!);
  assertEquals(told.enlarged, { scale: 4, by: "lanczos" });
});

Deno.test("a picture that is not enlarged has its own pixels and says nothing of it", async () => {
  const png = await picture.encode();
  assertEquals((await decodeImage(png)).data, data);
  const told = JSON.parse(readPngText(png, provenanceKeyword)!);
  assertEquals("enlarged" in told, false);
});
