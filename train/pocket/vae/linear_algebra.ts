/** Small dense linear algebra on arrays of rows: what starts of weights are fitted with. */

/** A matrix, row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export function zeroMatrix(rows: number, columns: number): Matrix {
  return { rows, columns, data: new Float64Array(rows * columns) };
}

/** `xᵀ y` of two matrices with as many rows. */
export function gram(x: Matrix, y: Matrix): Matrix {
  const result = zeroMatrix(x.columns, y.columns);
  for (let row = 0; row < x.rows; row++) {
    for (let i = 0; i < x.columns; i++) {
      const value = x.data[row * x.columns + i]!;
      if (value === 0) continue;
      const to = i * y.columns, from = row * y.columns;
      for (let j = 0; j < y.columns; j++) {
        result.data[to + j]! += value * y.data[from + j]!;
      }
    }
  }
  return result;
}

/** `x y`. */
export function multiply(x: Matrix, y: Matrix): Matrix {
  const result = zeroMatrix(x.rows, y.columns);
  for (let i = 0; i < x.rows; i++) {
    for (let k = 0; k < x.columns; k++) {
      const value = x.data[i * x.columns + k]!;
      for (let j = 0; j < y.columns; j++) {
        result.data[i * y.columns + j]! += value * y.data[k * y.columns + j]!;
      }
    }
  }
  return result;
}

/** The mean of each column. */
function columnMeans({ rows, columns, data }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) means[i % columns]! += data[i]! / rows;
  return means;
}

/**
 * Weights `[x.columns + 1, y.columns]` whose last row is a bias, so that `[x, 1] w` is nearest to `y`.
 *
 * @param ridge what is added to the diagonal, as a part of its mean.
 */
export function ridgeRegression(x: Matrix, y: Matrix, ridge: number): Matrix {
  const columns = x.columns + 1;
  const wide = zeroMatrix(x.rows, columns);
  for (let row = 0; row < x.rows; row++) {
    wide.data.set(
      x.data.subarray(row * x.columns, (row + 1) * x.columns),
      row * columns,
    );
    wide.data[row * columns + x.columns] = 1;
  }
  const left = gram(wide, wide);
  let trace = 0;
  for (let i = 0; i < x.columns; i++) trace += left.data[i * columns + i]!;
  for (let i = 0; i < x.columns; i++) {
    left.data[i * columns + i]! += ridge * trace / x.columns + 1e-9;
  }
  return solve(left, gram(wide, y));
}

/** `a⁻¹ b` of a positive definite `a`, by Cholesky's factors. */
export function solve(a: Matrix, b: Matrix): Matrix {
  const n = a.rows, lower = Float64Array.from(a.data);
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) {
      const factor = lower[j * n + k]!;
      for (let i = j; i < n; i++) {
        lower[i * n + j]! -= lower[i * n + k]! * factor;
      }
    }
    const pivot = Math.sqrt(lower[j * n + j]!);
    if (!(pivot > 0)) throw new RangeError("The matrix is not positive");
    for (let i = j; i < n; i++) lower[i * n + j]! /= pivot;
  }
  const x = { ...b, data: Float64Array.from(b.data) }, wide = b.columns;
  for (let c = 0; c < wide; c++) {
    for (let i = 0; i < n; i++) {
      let value = x.data[i * wide + c]!;
      for (let k = 0; k < i; k++) {
        value -= lower[i * n + k]! * x.data[k * wide + c]!;
      }
      x.data[i * wide + c] = value / lower[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let value = x.data[i * wide + c]!;
      for (let k = i + 1; k < n; k++) {
        value -= lower[k * n + i]! * x.data[k * wide + c]!;
      }
      x.data[i * wide + c] = value / lower[i * n + i]!;
    }
  }
  return x;
}

/** Directions in which rows differ most. */
export interface PrincipalComponents {
  readonly mean: Float64Array;
  /** Directions of length one, one a row, by falling deviation. */
  readonly directions: Matrix;
  /** Deviation along each direction. */
  readonly deviations: Float64Array;
}

/** The first `count` principal components of the rows of `x`. */
export function principalComponents(
  x: Matrix,
  count: number,
): PrincipalComponents {
  const mean = columnMeans(x);
  const centred = {
    ...x,
    data: x.data.map((value, i) => value - mean[i % x.columns]!),
  };
  const { values, vectors } = eigen(gram(centred, centred));
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!);
  const directions = zeroMatrix(count, x.columns);
  const deviations = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const from = order[i]!;
    deviations[i] = Math.sqrt(Math.max(0, values[from]!) / x.rows);
    for (let j = 0; j < x.columns; j++) {
      directions.data[i * x.columns + j] = vectors.data[j * x.columns + from]!;
    }
  }
  return { mean, directions, deviations };
}

/** Eigenvalues of a symmetric matrix, and its eigenvectors as columns: Jacobi's rotations. */
function eigen(a: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = a.rows, m = Float64Array.from(a.data);
  const vectors = zeroMatrix(n, n), v = vectors.data;
  for (let i = 0; i < n; i++) v[i * (n + 1)] = 1;
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0, all = 0;
    for (let i = 0; i < n * n; i++) {
      all += m[i]! ** 2;
      if (i % (n + 1) !== 0) off += m[i]! ** 2;
    }
    if (off <= 1e-22 * all) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) rotate(m, v, n, p, q);
    }
  }
  const values = Float64Array.from({ length: n }, (_, i) => m[i * (n + 1)]!);
  return { values, vectors };
}

/** Makes one element beside the diagonal zero. */
function rotate(
  m: Float64Array,
  v: Float64Array,
  n: number,
  p: number,
  q: number,
): void {
  const apq = m[p * n + q]!;
  if (Math.abs(apq) < 1e-300) return;
  const theta = (m[q * n + q]! - m[p * n + p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1), s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = m[k * n + p]!, kq = m[k * n + q]!;
    m[k * n + p] = c * kp - s * kq;
    m[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = m[p * n + k]!, qk = m[q * n + k]!;
    m[p * n + k] = c * pk - s * qk;
    m[q * n + k] = s * pk + c * qk;
    const vp = v[k * n + p]!, vq = v[k * n + q]!;
    v[k * n + p] = c * vp - s * vq;
    v[k * n + q] = s * vp + c * vq;
  }
}
