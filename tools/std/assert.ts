/**
 * The part of `@std/assert` that this project uses, over `node:assert`, for machines that cannot
 * reach JSR.
 */

import nodeAssert, { AssertionError } from "node:assert";

// deno-lint-ignore no-explicit-any -- any constructor will do, as in @std/assert
type ErrorClass<E extends Error> = abstract new (...args: any[]) => E;

/** Fails unless `value` is truthy. */
export function assert(
  value: unknown,
  message = "Expected a truthy value",
): asserts value {
  if (!value) throw new AssertionError({ message });
}

/** Fails unless both values are deeply equal, prototypes included. */
export function assertEquals<T>(
  actual: T,
  expected: T,
  message = "",
): void {
  try {
    nodeAssert.deepStrictEqual(actual, expected);
  } catch (error) {
    assert(false, `${message}\n${(error as Error).message}`);
  }
}

/** Fails unless `actual` is within `tolerance` of `expected`; by default 1e-7 of its size. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance = Math.abs(expected * 1e-7) || 1e-7,
  message = "",
): void {
  const near = Object.is(actual, expected) ||
    Math.abs(expected - actual) <= tolerance;
  assert(
    near,
    `${actual} is not within ${tolerance} of ${expected} ${message}`,
  );
}

function checkError<E extends Error>(
  error: unknown,
  errorClass: ErrorClass<E> | undefined,
  includes: string,
  message: string,
): E {
  const found = error as Error;
  const kind: ErrorClass<Error> = errorClass ?? Error;
  assert(
    found instanceof kind && found.message.includes(includes),
    `Expected ${kind.name} with "${includes}", got ${found} ${message}`,
  );
  return found as E;
}

/** Fails unless `action` throws an error of the class, with a message that contains `includes`. */
export function assertThrows<E extends Error = Error>(
  action: () => unknown,
  errorClass?: ErrorClass<E>,
  includes = "",
  message = "",
): E {
  try {
    action();
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  throw new AssertionError({ message: `Nothing was thrown ${message}` });
}

/** Fails unless `action`'s promise rejects with an error of the class and a message that contains `includes`. */
export async function assertRejects<E extends Error = Error>(
  action: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  includes = "",
  message = "",
): Promise<E> {
  const promise = action(); // what it throws at once is no rejection
  try {
    await promise;
  } catch (error) {
    return checkError(error, errorClass, includes, message);
  }
  throw new AssertionError({ message: `Nothing was rejected ${message}` });
}

/** Fails unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string): void {
  assert(
    actual.includes(expected),
    `"${actual}" does not contain "${expected}"`,
  );
}

/** Fails unless `actual` matches `pattern`. */
export function assertMatch(
  actual: string,
  pattern: RegExp,
  message = `"${actual}" does not match ${pattern}`,
): void {
  assert(pattern.test(actual), message);
}
