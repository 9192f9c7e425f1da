/** The same object without the keys that hold `undefined`, so that JSON gives it back exactly. */
export function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as T;
}
