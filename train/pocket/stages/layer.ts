/** A small rasteriser on typed arrays: thousands of scenes a minute, the same on every machine. */

/** A picture with premultiplied alpha, values 0..1, `[height · width · 4]`. */
export interface Layer {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** An empty layer. */
export function emptyLayer(width: number, height: number): Layer {
  return { width, height, data: new Float32Array(width * height * 4) };
}

/** For each place of the result: the first source place and the weights from there on. */
interface Taps {
  readonly first: number;
  readonly weights: Float32Array;
}

/** Triangle filter, widened where it shrinks, as image libraries' "bilinear". */
function triangleTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach));
    const last = Math.min(from - 1, Math.floor(centre + reach));
    const weights = Float32Array.from(
      { length: last - first + 1 },
      (_, j) => Math.max(0, 1 - Math.abs(first + j - centre) / reach),
    );
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** The layer at another size. Sums are rounded as they grow, so that all forms of it agree to the bit. */
export function resizeLayer(
  layer: Layer,
  width: number,
  height: number,
): Layer {
  const narrow = narrowLayer(layer, width);
  const rows = triangleTaps(layer.height, height);
  const data = new Float32Array(width * height * 4);
  const row = width * 4;
  for (let y = 0; y < height; y++) {
    const { first, weights } = rows[y]!;
    const to = y * row;
    for (let j = 0; j < weights.length; j++) {
      const weight = weights[j]!, from = (first + j) * row;
      for (let x = 0; x < row; x++) {
        data[to + x]! += weight * narrow[from + x]!;
      }
    }
  }
  return { width, height, data };
}

/** The layer's rows at another width. */
function narrowLayer(layer: Layer, width: number): Float32Array {
  const { data, height } = layer;
  const columns = triangleTaps(layer.width, width);
  const narrow = new Float32Array(width * height * 4);
  const round = Math.fround;
  for (let x = 0; x < width; x++) {
    const { first, weights } = columns[x]!;
    for (let y = 0; y < height; y++) {
      let r = 0, g = 0, b = 0, a = 0;
      let from = (y * layer.width + first) * 4;
      for (let j = 0; j < weights.length; j++, from += 4) {
        const weight = weights[j]!;
        r = round(r + weight * data[from]!);
        g = round(g + weight * data[from + 1]!);
        b = round(b + weight * data[from + 2]!);
        a = round(a + weight * data[from + 3]!);
      }
      const to = (y * width + x) * 4;
      narrow[to] = r;
      narrow[to + 1] = g;
      narrow[to + 2] = b;
      narrow[to + 3] = a;
    }
  }
  return narrow;
}

/** Draws `above` over `below` with its corner at x, y; it must lie inside. */
export function drawLayer(
  below: Layer,
  above: Layer,
  x: number,
  y: number,
): void {
  for (let row = 0; row < above.height; row++) {
    for (let column = 0; column < above.width; column++) {
      const from = (row * above.width + column) * 4;
      const to = ((y + row) * below.width + x + column) * 4;
      const rest = 1 - above.data[from + 3]!;
      for (let c = 0; c < 4; c++) {
        below.data[to + c] = above.data[from + c]! + rest * below.data[to + c]!;
      }
    }
  }
}

/** The layer without its transparent margins. */
export function trimLayer(layer: Layer): Layer {
  let left = layer.width, top = layer.height, right = -1, bottom = -1;
  for (let y = 0; y < layer.height; y++) {
    for (let x = 0; x < layer.width; x++) {
      if (layer.data[(y * layer.width + x) * 4 + 3]! < 0.05) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return layer;
  const size = { width: right - left + 1, height: bottom - top + 1 };
  return cropLayer(layer, { x: left, y: top, ...size });
}

/** A rectangle of the layer. */
export function cropLayer(
  layer: Layer,
  { x, y, width, height }: {
    x: number;
    y: number;
    width: number;
    height: number;
  },
): Layer {
  const data = new Float32Array(width * height * 4);
  for (let row = 0; row < height; row++) {
    const start = ((y + row) * layer.width + x) * 4;
    data.set(layer.data.subarray(start, start + width * 4), row * width * 4);
  }
  return { width, height, data };
}

/** Colours over black in PyTorch's order, `[3, height, width]`, 0..1. */
export function layerPlanes(layer: Layer): Float32Array {
  const cells = layer.width * layer.height;
  const planes = new Float32Array(3 * cells);
  for (let i = 0; i < cells; i++) {
    for (let c = 0; c < 3; c++) planes[c * cells + i] = layer.data[i * 4 + c]!;
  }
  return planes;
}
