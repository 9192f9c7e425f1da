/**
 * Random numbers that depend on nothing but their key.
 *
 * Everything random in training (order of samples, noise, timesteps, augmentation, dropout) is keyed
 * by seed and sample. So it is the same whoever draws it: another rank, another batch size, or a run
 * that was killed and resumed.
 */

/** One part of a key. Numbers must be integers of at most 53 bits. */
export type KeyPart = string | number;

/** A stream of random numbers with a state of its own. */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  uniform(): number;
  /** Uniform integer in 0 … below − 1. */
  integer(below: number): number;
  /** Whether an event of probability `p` happens. */
  chance(p: number): boolean;
  /** Standard normal. */
  normal(): number;
  /** `length` standard normal numbers. */
  normals(length: number): Float32Array;
  /** Another stream, which depends on this one's key and on `parts` only, not on what was drawn. */
  fork(...parts: KeyPart[]): Random;
}

/** The stream of random numbers that belongs to a key: Philox4x32-10 (Salmon et al. 2011). */
export function random(...key: KeyPart[]): Random {
  return new PhiloxStream(hashKey(key), key);
}

class PhiloxStream implements Random {
  readonly #words: Uint32Array;
  readonly #key: readonly KeyPart[];
  readonly #block = new Uint32Array(4);
  #counter = 0;
  #used = 4;
  #spare: number | undefined;

  constructor(words: Uint32Array, key: readonly KeyPart[]) {
    this.#words = words;
    this.#key = key;
  }

  #next(): number {
    if (this.#used === 4) {
      philox(this.#counter++, this.#words, this.#block);
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }

  uniform(): number {
    return this.#next() / 2 ** 32;
  }

  integer(below: number): number {
    return Math.floor(this.uniform() * below);
  }

  chance(p: number): boolean {
    return this.uniform() < p;
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const spare = this.#spare;
      this.#spare = undefined;
      return spare;
    }
    // half a step away from zero, whose logarithm is infinite
    const first = (this.#next() + 0.5) / 2 ** 32;
    const [normal, spare] = normalPair(first, this.uniform());
    this.#spare = spare;
    return normal;
  }

  normals(length: number): Float32Array {
    return Float32Array.from({ length }, () => this.normal());
  }

  fork(...parts: KeyPart[]): Random {
    return random(...this.#key, ...parts);
  }
}

/**
 * Ten rounds of Philox4x32 on a counter of 53 bits in two words, with `words` as the key (first two)
 * and the rest of the counter; the result is written to `out`.
 */
export function philox(
  counter: number,
  words: Uint32Array,
  out: Uint32Array,
): void {
  let c0 = counter >>> 0;
  let c1 = Math.floor(counter / 2 ** 32) >>> 0;
  let c2 = words[2]!, c3 = words[3]!;
  let k0 = words[0]!, k1 = words[1]!;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The upper 32 bits of a product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff, aHigh = a >>> 16;
  const bLow = b & 0xffff, bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 65536) +
    Math.floor(carry / 65536)) >>> 0;
}

/** 128 bits from a key of any length: four FNV-1a hashes with different starts, finished as in MurmurHash3. */
function hashKey(key: readonly KeyPart[]): Uint32Array {
  const words = Uint32Array.of(0x811c9dc5, 0x9747b28c, 0x3c6ef372, 0xa54ff53a);
  const bytes = new TextEncoder().encode(JSON.stringify(key));
  return words.map((word) => {
    for (const byte of bytes) word = Math.imul(word ^ byte, 0x01000193) >>> 0;
    return finish(word);
  });
}

/** The finaliser of MurmurHash3: every bit of the result depends on every bit of `h`. */
function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Two independent standard normal numbers from two uniform ones in (0, 1): Box and Muller 1958. */
function normalPair(first: number, second: number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(first));
  const angle = 2 * Math.PI * second;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/**
 * The noise that pictures begin with: `length` standard normal numbers that depend on `seed` only,
 * the same on every machine and backend.
 *
 * Each number is a hash of seed and place, not a stream of Philox: seeds of existing pictures must
 * keep their meaning.
 */
export function gaussianNoise(seed: number, length: number): Float32Array {
  const noise = new Float32Array(length);
  const low = seed >>> 0;
  const high = Math.floor(seed / 2 ** 32) >>> 0;
  for (let i = 0; i < length; i += 2) {
    const [even, odd] = normalPair(
      hashedUniform(low, high, i),
      hashedUniform(low, high, i + 1),
    );
    noise[i] = even;
    if (i + 1 < length) noise[i + 1] = odd;
  }
  return noise;
}

/** A number in (0, 1) from a seed of two words and a counter. */
function hashedUniform(low: number, high: number, counter: number): number {
  let h = finish(Math.imul(counter + 1, 0x9e3779b9) ^ low);
  h = finish(h ^ Math.imul(high + 0x7f4a7c15, 0x85ebca6b) ^ counter);
  return (h + 0.5) / 2 ** 32;
}

/**
 * Numbers in [0, 1) by which boxes are scattered: Mulberry32 (Tommy Ettinger 2017, public domain).
 * It is no stream of Philox, since the seeds of scenes that exist must keep their meaning.
 */
export function scatterNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let h = Math.imul(state ^ (state >>> 15), state | 1);
    h ^= h + Math.imul(h ^ (h >>> 7), h | 61);
    return ((h ^ (h >>> 14)) >>> 0) / 2 ** 32;
  };
}
