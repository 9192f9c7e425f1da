import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import {
  boxMask,
  colourError,
  decibels,
  edgeEnergy,
  meanOver,
  squareError,
  ssimMap,
} from "../../../../train/pocket/rulers/picture_rulers.ts";

const size = { width: 24, height: 16 }, cells = 24 * 16;
const truth = Float32Array.from(
  { length: 3 * cells },
  () => 0,
).map(((stream) => () => 0.2 + 0.6 * stream.uniform())(random("rulers")));
const everywhere = new Uint8Array(cells).fill(1);

Deno.test("a mask covers the pixels of its boxes and no others", () => {
  const mask = boxMask([{ x0: 0.25, y0: 0.5, x1: 0.5, y1: 1 }], size);
  for (const [i, value] of mask.entries()) {
    const x = i % 24, y = Math.floor(i / 24);
    assertEquals(value, x >= 6 && x < 12 && y >= 8 ? 1 : 0);
  }
});

Deno.test("an error of a tenth everywhere is 20 dB and that much of colour", () => {
  const lighter = truth.map((value) => value + 0.1);
  assertAlmostEquals(decibels(squareError(lighter, truth)), 20, 1e-3);
  assertAlmostEquals(colourError(lighter, truth, everywhere), 0.1, 1e-5);
});

Deno.test("errors outside a mask do not count", () => {
  const mask = boxMask([{ x0: 0, y0: 0, x1: 0.5, y1: 1 }], size);
  const wrong = truth.map((value, i) => i % 24 < 12 ? value : 1 - value);
  assertEquals(squareError(wrong, truth, mask).sum, 0);
  assert(squareError(wrong, truth).sum > 1);
});

Deno.test("a picture is like itself, and less so the more it is blurred", () => {
  const blurred = (times: number) => {
    let picture = truth;
    for (let i = 0; i < times; i++) {
      picture = picture.map((value, at) =>
        at % 24 === 23 ? value : (value + picture[at + 1]!) / 2
      );
    }
    return picture;
  };
  const likeness = [0, 1, 3].map((times) =>
    meanOver(ssimMap(blurred(times), truth, size))
  );
  assertAlmostEquals(likeness[0]!, 1, 1e-4);
  assert(likeness[0]! > likeness[1]! && likeness[1]! > likeness[2]!);
  const [sharp, soft] = [0, 1].map((times) =>
    edgeEnergy(blurred(times), size, everywhere)
  );
  assert(soft! < sharp!);
});

Deno.test("SSIM of two constant pictures is that of their means", () => {
  const a = new Float32Array(3 * cells).fill(0.25);
  const b = new Float32Array(3 * cells).fill(0.75);
  const c1 = 0.01 ** 2;
  const expected = (2 * 0.25 * 0.75 + c1) / (0.25 ** 2 + 0.75 ** 2 + c1);
  assertAlmostEquals(meanOver(ssimMap(a, b, size)), expected, 1e-5);
});
