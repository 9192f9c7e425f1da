import { assertEquals, assertThrows } from "@std/assert";
import { LocRefError } from "../../../../lib/core/error.ts";
import { blankRaster } from "../../../../lib/images/raster.ts";
import {
  maskWarnings,
  type PlannedStart,
  startWarnings,
} from "../../../../lib/pipeline/start/start_warnings.ts";

const size = { width: 64, height: 32 };

function planned(changes: Partial<PlannedStart>): PlannedStart {
  return {
    init: { image: "a.png", strength: 0.5 },
    part: { picture: blankRaster(size.width, size.height) },
    latent: { width: 8, height: 4 },
    steps: 10,
    ...changes,
  };
}

/** A mask of one pixel. */
function onePixel(x: number, y: number) {
  const data = new Uint8Array(size.width * size.height);
  data[y * size.width + x] = 1;
  return { picture: blankRaster(64, 32), mask: { ...size, data } };
}

Deno.test("a strength of less than one step warns that one is taken", () => {
  assertEquals(startWarnings(planned({})), []);
  const init = { image: "a.png", strength: 0.1 };
  assertEquals(startWarnings(planned({ init })), []);
  assertEquals(startWarnings(planned({ init, steps: 4 })), [
    "Strength 0.1 of 4 steps is less than one step, so one is taken: give more steps or a higher strength",
  ]);
});

Deno.test("a mask that reaches no cell of the latents is refused", () => {
  const init = { image: "a.png", mask: "m.png", strength: 1 };
  assertEquals(startWarnings(planned({ init, part: onePixel(8, 0) })), []);
  assertThrows(
    () => startWarnings(planned({ init, part: onePixel(9, 3) })),
    LocRefError,
    'Mask "m.png" reaches no cell of the latents, each 8 pixels wide, so nothing is painted anew: mark more, or give padding to paint the part alone',
  );
});

Deno.test("boxes that reach no cell of the latents warn", () => {
  const boxes = [{ x0: 0, y0: 0, x1: 0.01, y1: 0.01 }];
  const init = { image: "a.png", boxes, strength: 1 };
  const [warning] = startWarnings(planned({ init, part: onePixel(9, 3) }));
  assertEquals(
    warning?.startsWith(
      "The boxes that are painted anew reach no cell of the latents",
    ),
    true,
  );
});

Deno.test("a feather that hides most of what is painted warns", () => {
  const data = new Uint8Array(size.width * size.height);
  for (let row = 8; row < 24; row++) data.fill(1, 64 * row + 8, 64 * row + 24);
  const mask = { ...size, data };
  const doubts = (feather?: number) =>
    startWarnings(
      planned({ init: { image: "a.png", strength: 1, feather }, mask }),
    );
  assertEquals(doubts(), []);
  assertEquals(doubts(15), []);
  assertEquals(doubts(4096), [
    "A feather of 4096 pixels is wider than what is painted anew, of which at most 1 % shows: give a lower feather",
  ]);
});

Deno.test("a mask that is transparent in parts warns that these are kept", () => {
  const data = new Uint8Array(size.width * size.height).fill(1);
  const part = { picture: blankRaster(64, 32), mask: { ...size, data } };
  const init = { image: "a.png", mask: "m.png", strength: 1 };
  const [warning] = startWarnings(planned({ init, part, transparent: true }));
  assertEquals(
    warning,
    'Mask "m.png" is transparent in parts, which are kept: where they are to be painted anew, as in OpenAI\'s masks, fill them with white and the rest with black',
  );
  assertEquals(startWarnings(planned({ init, part, transparent: false })), []);
});

Deno.test("a picture to begin on that is transparent in parts warns", () => {
  const photo = blankRaster(4, 2, [9, 9, 9, 255]);
  assertEquals(startWarnings(planned({ photo })), []);
  photo.data[3] = 0;
  const sentence =
    'Picture to begin on "a.png" is transparent in parts, where the model sees the colours beneath, often black: lay it on a ground first, or place it as a reference';
  assertEquals(startWarnings(planned({ photo })), [sentence]);
  const init = { image: "a.png", strength: 1 };
  assertEquals(maskWarnings({ init, photo }), [sentence]);
});
