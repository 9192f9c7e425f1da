/**
 * The quantile function of the beta distribution with both parameters 0.6: `p` in 0..1 gives the x
 * below which a share `p` of the distribution lies.
 *
 * Noise levels spaced by it are dense at both ends (Lee et al. 2024, "Beta Sampling is All You
 * Need"). With x = sin²θ the density is `sin(2θ)^0.2` up to a factor. So the share is an integral
 * of a smooth function, and halving the interval inverts it.
 */
export function betaQuantile(p: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  if (p > 0.5) return 1 - betaQuantile(1 - p);
  // the share grows with θ, so halving the interval finds it
  let low = 0, high = Math.PI / 4;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (share(middle) < p) low = middle;
    else high = middle;
  }
  return Math.sin((low + high) / 2) ** 2;
}

const power = 0.2;
const whole = 2 * unnormalised(Math.PI / 4);

function share(theta: number): number {
  return unnormalised(theta) / whole;
}

/**
 * `∫ sin(2t)^0.2 dt` from 0 to θ. The substitution t = u⁵ takes away the infinite slope at 0, so that
 * Simpson's rule is exact to about 1e-9.
 */
function unnormalised(theta: number): number {
  const end = theta ** (1 / 5);
  const parts = 256;
  const width = end / parts;
  const at = (u: number) => Math.sin(2 * u ** 5) ** power * 5 * u ** 4;
  let sum = at(0) + at(end);
  for (let i = 1; i < parts; i++) sum += at(i * width) * (i % 2 ? 4 : 2);
  return sum * width / 3;
}
