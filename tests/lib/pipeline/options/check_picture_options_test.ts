import { assertThrows } from "@std/assert";
import { checkPictureOptions } from "../../../../lib/pipeline/options/check_picture_options.ts";

Deno.test("strengths by blocks need a block, and numbers that can be used", () => {
  checkPictureOptions({ fusion: { blocks: { style: 1 } } });
  const wrong: Record<string, number>[] = [
    {},
    { style: -1 },
    { style: 1001 },
    { style: NaN },
  ];
  for (const blocks of wrong) {
    assertThrows(
      () => checkPictureOptions({ fusion: { blocks } }),
      Error,
      "one strength or more from 0 to 1000 by names of blocks",
    );
  }
});
