import { directOps } from "../../lib/ops/tfjs/direct.ts";
import type { Tf, TfTensor } from "../loop/tf.ts";

/** Where one tensor lies in a bucket. */
interface Place {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
}

/** Tensors that are handled as one flat vector. */
export interface Bucket {
  readonly places: readonly Place[];
  /** Number of values. */
  readonly size: number;
  /** Whether weight decay acts on them. */
  readonly decay: boolean;
}

/** Options of {@linkcode makeBuckets}. */
export interface BucketOptions {
  /** Values after which a new bucket begins. @default {4194304} */
  readonly limit?: number;
  /** Whether weight decay acts on a weight. @default {on every one} */
  readonly decays?: (name: string) => boolean;
}

/**
 * Divides tensors into buckets, in their own order.
 *
 * An update of a hundred small weights costs a hundred times the overhead of one operation; one of
 * a flat vector costs it once. Buckets are also what ranks exchange.
 */
export function makeBuckets(
  shapes: ReadonlyMap<string, readonly number[]>,
  options: BucketOptions = {},
): Bucket[] {
  const { limit = 2 ** 22, decays = () => true } = options;
  const buckets: Bucket[] = [];
  for (const decay of [true, false]) {
    let places: Place[] = [];
    let size = 0;
    const close = () => {
      if (places.length > 0) buckets.push({ places, size, decay });
      places = [];
      size = 0;
    };
    for (const [name, shape] of shapes) {
      if (decays(name) !== decay) continue;
      const count = shape.reduce((product, dim) => product * dim, 1);
      if (size + count > limit) close();
      places.push({ name, shape, size: count });
      size += count;
    }
    close();
  }
  return buckets;
}

/** The tensors of a bucket as one vector; zeros where `tensors` has none of that name. */
export function joinBucket(
  tf: Tf,
  bucket: Bucket,
  tensors: ReadonlyMap<string, TfTensor | undefined>,
): TfTensor {
  const { reshape } = directOps(tf);
  return tf.tidy(() => {
    const parts = bucket.places.map(({ name, size }) => {
      const found = tensors.get(name);
      if (found === undefined) return tf.zeros([size]);
      return found.rank === 1 ? found : reshape(found, [size]);
    });
    return parts.length === 1 ? tf.clone(parts[0]!) : tf.concat(parts);
  });
}

/** The vector of a bucket as its tensors. */
export function splitBucket(
  tf: Tf,
  bucket: Bucket,
  flat: TfTensor,
): Map<string, TfTensor> {
  const { places } = bucket;
  const { reshape } = directOps(tf);
  const parts = tf.tidy(() => {
    if (places.length === 1) return [tf.reshape(flat, [...places[0]!.shape])];
    return tf.split(flat, places.map(({ size }) => size)).map((part, i) => {
      const { shape } = places[i]!;
      return shape.length === 1 ? part : reshape(part, shape);
    });
  });
  return new Map(places.map(({ name }, i) => [name, parts[i]!]));
}
