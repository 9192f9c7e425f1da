/** The operations in plain JavaScript on nested arrays, as the textbooks write them: what executors are tested against. */

/** An image of one sample, `[C][H][W]`. */
export type Image = number[][][];
/** Rows of numbers: tokens `[L][W]`, or a weight `[out][in]`. */
export type Rows = number[][];

/** `count` numbers that look random but are the same each time. */
export function noise(count: number, seed: number): number[] {
  let state = seed * 2654435761 >>> 0 || 1;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * 2;
  });
}

/** A flat list as rows of `width`. */
export function rowsOf(flat: ArrayLike<number>, width: number): Rows {
  return Array.from(
    { length: flat.length / width },
    (_, i) => Array.from({ length: width }, (_, j) => flat[i * width + j]!),
  );
}

/** A flat list as an image. */
export function imageOf(
  flat: ArrayLike<number>,
  height: number,
  width: number,
): Image {
  const rows = rowsOf(flat, width);
  return Array.from(
    { length: rows.length / height },
    (_, c) => rows.slice(c * height, (c + 1) * height),
  );
}

/** Convolution with `pad` `[top, right, bottom, left]`. */
export function conv2d(
  x: Image,
  weight: Image[],
  bias: readonly number[],
  options: { stride: number; pad: readonly [number, number, number, number] },
): Image {
  const { stride, pad: [top, right, bottom, left] } = options;
  const kernel = weight[0]![0]!.length;
  const height = x[0]!.length, width = x[0]![0]!.length;
  const rows = Math.floor((height + top + bottom - kernel) / stride) + 1;
  const columns = Math.floor((width + left + right - kernel) / stride) + 1;
  return weight.map((filter, out) =>
    Array.from(
      { length: rows },
      (_, i) =>
        Array.from({ length: columns }, (_, j) => {
          let sum = bias[out]!;
          filter.forEach((plane, c) =>
            plane.forEach((line, di) =>
              line.forEach((w, dj) => {
                const row = i * stride + di - top,
                  column = j * stride + dj - left;
                sum += w * (x[c]![row]?.[column] ?? 0);
              })
            )
          );
          return sum;
        }),
    )
  );
}

/** Group normalisation of an image. */
export function groupNorm(
  x: Image,
  weight: readonly number[],
  bias: readonly number[],
  options: { groups: number; eps: number },
): Image {
  const each = x.length / options.groups;
  return x.map((plane, c) => {
    const first = Math.floor(c / each) * each;
    const members = x.slice(first, first + each).flat(2);
    const { mean, deviation } = moments(members, options.eps);
    return plane.map((row) =>
      row.map((v) => (v - mean) / deviation * weight[c]! + bias[c]!)
    );
  });
}

/** Layer normalisation of each row. */
export function layerNorm(
  x: Rows,
  weight: readonly number[],
  bias: readonly number[],
  eps: number,
): Rows {
  return x.map((row) => {
    const { mean, deviation } = moments(row, eps);
    return row.map((v, i) => (v - mean) / deviation * weight[i]! + bias[i]!);
  });
}

function moments(values: readonly number[], eps: number) {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) /
    values.length;
  return { mean, deviation: Math.sqrt(variance + eps) };
}

/** Attention of one sample, head by head. */
export function attention(
  q: Rows,
  k: Rows,
  v: Rows,
  options: { heads: number; causal?: boolean },
): Rows {
  const width = q[0]!.length / options.heads;
  return q.map((query, i) => {
    const out: number[] = [];
    for (let head = 0; head < options.heads; head++) {
      const part = (row: readonly number[]) =>
        row.slice(head * width, (head + 1) * width);
      const scores = k.map((key, j) =>
        options.causal && j > i
          ? -Infinity
          : dot(part(query), part(key)) / Math.sqrt(width)
      );
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const total = shares.reduce((sum, share) => sum + share, 0);
      for (let c = 0; c < width; c++) {
        out.push(
          v.reduce(
            (sum, row, j) => sum + shares[j]! / total * part(row)[c]!,
            0,
          ),
        );
      }
    }
    return out;
  });
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** Φ(x), the normal distribution, integrated by Simpson's rule. */
export function normalCdf(x: number): number {
  const steps = 2000;
  const h = x / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((i * h) ** 2) / 2);
  }
  return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
}
