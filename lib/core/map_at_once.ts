/** Options of {@linkcode mapAtOnce}. */
export interface MapAtOnceOptions {
  /** How many are under way at a time. */
  readonly lanes: number;
}

/**
Returns `work` of each of `items`, in their order; runs several at a time.
 *
 * @throws the first error that `work` throws, once calls already running have ended.
 */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  { lanes }: MapAtOnceOptions,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0, failed = false;
  const lane = async () => {
    while (!failed && next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const all = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const broken = all.find(({ status }) => status === "rejected");
  if (broken?.status === "rejected") throw broken.reason;
  return results;
}
