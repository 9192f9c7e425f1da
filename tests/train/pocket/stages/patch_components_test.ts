import { assertAlmostEquals } from "@std/assert";
import { random } from "../../../../lib/core/random.ts";
import { tensor } from "../../../../lib/core/tensor.ts";
import { onComponents } from "../../../../train/pocket/stages/patch_components.ts";

const patch = 4, values = 3 * patch ** 2, width = 6;

/** Pictures whose patches are sums of `width` patterns, the later ones fainter, and of a little noise. */
function pictures(noise: number) {
  const stream = random("components");
  const patterns = Array.from({ length: width }, () => stream.normals(values));
  const side = 8 * patch, data = new Float32Array(30 * 3 * side ** 2);
  for (let n = 0; n < 30; n++) {
    for (let at = 0; at < 64; at++) {
      const parts = patterns.map((_, i) => stream.normals(1)[0]! / 2 ** i);
      const extra = stream.normals(values);
      for (let i = 0; i < values; i++) {
        const c = Math.floor(i / patch ** 2), cell = i % patch ** 2;
        const y = Math.floor(at / 8) * patch + Math.floor(cell / patch);
        const x = at % 8 * patch + cell % patch;
        data[((n * 3 + c) * side + y) * side + x] = noise * extra[i]! +
          parts.reduce((sum, part, k) => sum + part * patterns[k]![i]!, 0);
      }
    }
  }
  return { all: tensor([30, 3, side, side], data), patterns };
}

const embedding = () => ({
  shape: [width, 3, patch, patch],
  data: Float32Array.from(random("embedding").normals(width * values)),
});

/** Values of an embedding for one patch. */
function seen({ data }: { data: Float32Array }, pattern: ArrayLike<number>) {
  return Array.from({ length: width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < values; i++) {
      sum += data[row * values + i]! * pattern[i]!;
    }
    return sum;
  });
}

Deno.test("an embedding on components sees a patch of components as before", () => {
  const { all, patterns } = pictures(0);
  const old = embedding();
  const fresh = onComponents(old, { pictures: all, raise: 0 });
  for (const pattern of patterns) {
    const before = seen(old, pattern), after = seen(fresh, pattern);
    for (const [i, value] of after.entries()) {
      assertAlmostEquals(value, before[i]!, 1e-3);
    }
  }
});

Deno.test("an embedding on components is blind to all that lies beside them", () => {
  const { all, patterns } = pictures(0);
  const fresh = onComponents(embedding(), { pictures: all, raise: 0 });
  // noise, less its part along each pattern, by Gram and Schmidt
  const basis: number[][] = [];
  const without = (vector: number[]) =>
    basis.reduce((rest, one) => {
      const along = rest.reduce((sum, x, i) => sum + x * one[i]!, 0);
      return rest.map((x, i) => x - along * one[i]!);
    }, vector);
  for (const pattern of patterns) {
    const rest = without([...pattern]), length = Math.hypot(...rest);
    basis.push(rest.map((x) => x / length));
  }
  const beside = without([...random("beside").normals(values)]);
  for (const value of seen(fresh, beside)) assertAlmostEquals(value, 0, 1e-3);
});

Deno.test("raised components are louder the weaker they are, and their mean square stays", () => {
  const { all, patterns } = pictures(0.001);
  const size = (raise: number, i: number) =>
    Math.hypot(
      ...seen(
        onComponents(embedding(), { pictures: all, raise }),
        patterns[i]!,
      ),
    );
  const gain = (i: number) => size(0.5, i) / size(0, i);
  const first = gain(0), last = gain(width - 1);
  if (!(last > 2 * first && first < 1)) throw new Error(`${first} ${last}`);
});
